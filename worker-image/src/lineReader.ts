import { StringDecoder } from "node:string_decoder";

/** A line of a stream, without its end. */
export interface Line {
  /** At most as many characters as the reader keeps. */
  text: string;
  /** How many characters the line had. */
  length: number;
}

/** Cuts a stream into lines, and keeps no more than `maxCharacters` of each. Bytes that aren't UTF-8 become U+FFFD. */
export class LineReader {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";
  private length = 0;

  constructor(
    private readonly maxCharacters: number,
    private readonly onLine: (line: Line) => void,
  ) {}

  push(chunk: Buffer): void {
    this.take(this.decoder.write(chunk));
  }

  /** The last line may lack its end. */
  end(): void {
    this.take(this.decoder.end());
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
    const room = this.maxCharacters - this.text.length;
    this.text += text.slice(start, Math.min(end, start + room));
    this.length += end - start;
  }

  private finishLine(): void {
    const { text, length } = this;
    this.text = "";
    this.length = 0;
    const endsWithReturn = length === text.length && text.endsWith("\r");
    this.onLine(endsWithReturn ? { text: text.slice(0, -1), length: length - 1 } : { text, length });
  }
}
