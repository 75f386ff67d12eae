import { limits } from "../../contract/limits";
import { Line, LineReader } from "./lineReader";
import { encodeResult, RunEvents } from "./runner";

/** Room for a result with white space in it. */
const maxResultCharacters = 4 * limits.maxResultBytes;
const maxLoggedCharacters = 4_000;

/** Last lines of standard error that go into the reason of a failure, and how much of each. */
const keptErrorLines = 5;
const keptErrorCharacters = 300;

/** The last line of standard output that is JSON, if there is one. */
type Result = { isWhole: true; value: unknown; line: Line } | { isWhole: false; line: Line };

/** Reads what a command writes: results, progress and what is logged from standard output, errors from standard error. */
export class CommandOutput {
  readonly stdout = new LineReader(maxResultCharacters, (line) => this.onOutput(line));
  readonly stderr = new LineReader(maxLoggedCharacters, (line) => this.onErrorOutput(line));
  private readonly errorLines: string[] = [];
  private last?: Result;

  constructor(private readonly events: RunEvents) {}

  /** The result, or what is wrong with it. */
  result(): { ok: true; value: unknown } | { ok: false; message: string } {
    if (this.last === undefined) return { ok: true, value: undefined };
    if (!this.last.isWhole) {
      const message = `Expected a result of at most ${limits.maxResultBytes} bytes of JSON, got ${this.last.line.length} characters: store it in S3 and print where it is`;
      return { ok: false, message };
    }
    const encoded = encodeResult(this.last.value);
    return encoded.ok ? { ok: true, value: this.last.value } : encoded;
  }

  /** What looked like a result is only output where the command failed. */
  logLast(): void {
    if (this.last) this.log("info", this.last.line);
    this.last = undefined;
  }

  /** The last lines of standard error as one. */
  lastErrors(): string {
    return this.errorLines.join(" | ");
  }

  private onOutput(line: Line): void {
    const progress = parseProgress(line.text);
    if (progress) return this.events.onProgress(progress.fraction, progress.note);
    const result = parseResult(line);
    if (!result) return this.log("info", line);
    this.logLast();
    this.last = result;
  }

  private onErrorOutput(line: Line): void {
    if (line.text.trim() === "") return;
    if (this.errorLines.push(line.text.slice(0, keptErrorCharacters)) > keptErrorLines) this.errorLines.shift();
    this.log("warn", line);
  }

  private log(level: "info" | "warn", { text, length }: Line): void {
    if (text === "") return;
    const isCut = length > maxLoggedCharacters;
    const shown = isCut ? `${text.slice(0, maxLoggedCharacters)}… (${length} characters)` : text;
    this.events.onLog(level, shown, { stream: level === "warn" ? "stderr" : "stdout" });
  }
}

function parseProgress(text: string): { fraction: number; note?: string } | undefined {
  const match = /^progress\s+(\d+(?:\.\d*)?|\.\d+)(?:\s+(\S.*))?\s*$/.exec(text.slice(0, 1_000));
  const fraction = Number(match?.[1]);
  if (!match || fraction > 1) return undefined;
  return { fraction, ...(match[2] !== undefined && { note: match[2] }) };
}

/** A line too long to be kept counts as JSON if it begins like it: an earlier line must not pass for the result. */
function parseResult(line: Line): Result | undefined {
  if (line.text.length < line.length) return /^\s*[[{"]/.test(line.text) ? { isWhole: false, line } : undefined;
  if (!/^\s*[[{"\dtfn-]/.test(line.text)) return undefined;
  try {
    return { isWhole: true, value: JSON.parse(line.text) as unknown, line };
  } catch {
    // Not JSON, so it is a line for the log.
    return undefined;
  }
}
