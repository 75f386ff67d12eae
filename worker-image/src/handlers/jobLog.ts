import { type LogLevel } from "../../../contract/log";
import { type Clock } from "../support/clock";
import { shorten } from "../support/text";

/** Fields of a line, beside its message. */
export interface LineAbout {
  /** The handler's own fields: under a name of their own, so that they can't pass for the worker's. */
  fields?: Record<string, unknown>;
  /** Stream of the output. */
  stream?: "stdout" | "stderr";
}

/** Most characters of one line's message. */
export const maxLineCharacters = 4_000;

/** Bounds on one attempt's log: a burst, and the rate per second after that. */
export interface LogBounds {
  lines: number;
  linesPerSecond: number;
  characters: number;
  charactersPerSecond: number;
}

/** In the worker. */
export const logBounds: LogBounds = {
  lines: 5_000,
  linesPerSecond: 10,
  characters: 1_000_000,
  charactersPerSecond: 5_000,
};

/** In a handler's own process: a little less, so that its line about dropped lines gets through. */
export const handlerLogBounds: LogBounds = {
  lines: 4_800,
  linesPerSecond: 9,
  characters: 900_000,
  charactersPerSecond: 4_500,
};

/** Size of a line beyond its message and fields: the worker's own words around them. */
const charactersOfLine = 100;

/** Number of dropped lines that are written at the attempt's end all the same. */
const keptLast = 20;

interface LogLine {
  level: LogLevel;
  message: string;
  about: LineAbout;
}

/**
 * The log of one attempt, within bounds: beyond {@link logBounds}, or while the worker's own output is behind, lines
 * are dropped and counted, and a line says how many. The last ones are written in any case.
 */
export class JobLog {
  private readonly last: LogLine[] = [];
  private lines: number;
  private characters: number;
  private filledAt: number;
  private leftOut = 0;

  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly write: (level: LogLevel, message: string, about: LineAbout) => void,
    private readonly isBehind: () => boolean = () => false,
    private readonly bounds = logBounds,
  ) {
    this.lines = bounds.lines;
    this.characters = bounds.characters;
    this.filledAt = clock.now();
  }

  log(level: LogLevel, message: string, { fields, stream }: LineAbout = {}): void {
    const about = { ...(stream && { stream }), ...(fields && { fields }) };
    const line = { level, message: shorten(message, maxLineCharacters), about };
    const characters = charactersOfLine + line.message.length + (fields ? JSON.stringify(fields).length : 0);
    if (this.lines < 1 || this.characters < characters) this.fill();
    if (this.lines < 1 || this.characters < characters || this.isBehind()) return this.leaveOut(line);
    this.mark(this.leftOut);
    this.last.length = 0;
    this.lines--;
    this.characters -= characters;
    this.write(level, line.message, about);
  }

  /** Writes the last lines that were dropped; later lines count from zero. */
  end(): void {
    this.mark(this.leftOut - this.last.length);
    for (const { level, message, about } of this.last.splice(0)) this.write(level, message, about);
  }

  private leaveOut(line: LogLine): void {
    this.leftOut++;
    if (this.last.push(line) > keptLast) this.last.shift();
  }

  private mark(count: number): void {
    this.leftOut = 0;
    if (count > 0) this.write("warn", `${count} more lines left out`, {});
  }

  private fill(): void {
    const now = this.clock.now();
    const seconds = Math.max(0, now - this.filledAt) / 1_000;
    this.filledAt = now;
    const { lines, linesPerSecond, characters, charactersPerSecond } = this.bounds;
    this.lines = Math.min(lines, this.lines + seconds * linesPerSecond);
    this.characters = Math.min(characters, this.characters + seconds * charactersPerSecond);
  }
}
