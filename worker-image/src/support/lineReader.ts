import { isUtf8 } from "node:buffer";
import { StringDecoder } from "node:string_decoder";

/** A line of a stream, without its end. */
export interface Line {
  /** At most the number of characters that the reader keeps. */
  text: string;
  /** Number of characters of the line. */
  length: number;
  /** True if some of its bytes were not UTF-8. */
  isGarbled?: true;
}

const lineEnd = 0x0a;

/** Character in place of bytes that aren't UTF-8, and its own bytes. */
const replacement = "\ufffd";
const encodedReplacement = "\u00ef\u00bf\u00bd";

/**
 * Cuts a stream into lines, and keeps at most `maxCharacters` of each; calls `onMore` with the kept part and the
 * rest before the line itself. Bytes that aren't UTF-8 become U+FFFD.
 */
export class LineReader {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";
  private length = 0;
  private isGarbled = false;

  constructor(
    private readonly maxCharacters: number,
    private readonly onLine: (line: Line) => void,
    private readonly onMore: (kept: string, more: string) => void = () => undefined,
  ) {}

  push(chunk: Buffer): void {
    if (isUtf8(chunk)) return this.take(this.decoder.write(chunk));
    // Line by line, to know which ones it affects.
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(lineEnd, start) + 1 || chunk.length;
      const bytes = chunk.subarray(start, end);
      const text = this.decoder.write(bytes);
      this.isGarbled ||= countOf(text, replacement) > countOf(bytes.toString("latin1"), encodedReplacement);
      this.take(text);
      start = end;
    }
  }

  /** The last line may lack a line break. */
  end(): void {
    const rest = this.decoder.end();
    this.isGarbled ||= rest !== "";
    this.take(rest);
    if (this.length > 0) this.finishLine();
  }

  private take(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.append(text, start, end);
      this.finishLine();
      start = end + 1;
    }
    this.append(text, start, text.length);
  }

  private append(text: string, start: number, end: number): void {
    const keptEnd = Math.min(end, start + this.maxCharacters - this.text.length);
    this.text += text.slice(start, keptEnd);
    this.length += end - start;
    if (keptEnd < end) this.onMore(this.text, text.slice(keptEnd, end));
  }

  private finishLine(): void {
    const { text, length, isGarbled } = this;
    this.text = "";
    this.length = 0;
    this.isGarbled = false;
    const line =
      length === text.length && text.endsWith("\r")
        ? { text: text.slice(0, -1), length: length - 1 }
        : { text, length };
    this.onLine(isGarbled ? { ...line, isGarbled } : line);
  }
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}
