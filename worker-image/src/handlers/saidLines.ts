import { stripVTControlCharacters } from "node:util";
import { shorten } from "../support/text";

/** Number of lines that are kept, and characters of each and of all. */
const keptFirst = 2;
const keptLast = 5;
const keptTelling = 3;
const maxLineCharacters = 300;
const maxCharacters = 1_500;
const maxLookedAt = 2_000;

interface SaidLine {
  number: number;
  text: string;
}

/** Words for failures, which work for most languages. */
const telling = /error|exception|panic|fatal|fail|abort|cannot|can't|denied|not found|no such/i;

/** Lines of stack traces: of Node, Java, .NET, Python, Ruby, PHP, Go and Rust, and the marks below a line of code. */
const frame =
  /^\s+at |^\s+File "|^\s*[\^~]+\s*$|^\s+from \S+:\d+:in |^#\d+ |^\s+\.\.\. \d+ more|^\s+\S+\.go:\d+|^\s*\d+: +(?:0x[\da-f]+ (?:- )?)?\S+::|^Node\.js v\d/;

/**
 * A command's lines on one of its streams, for the reason of its failure: the first and the last lines, and those that
 * name an error, without the frames of stack traces. Of bounded size.
 */
export class SaidLines {
  private readonly first: SaidLine[] = [];
  private readonly last: SaidLine[] = [];
  private readonly firstTelling: SaidLine[] = [];
  private readonly lastTelling: SaidLine[] = [];
  private count = 0;
  /** Kind of the trace that the current lines belong to. */
  private within: "python-frame" | "goroutine" | undefined;

  add(line: string): void {
    const beginning = line.slice(0, maxLookedAt);
    const text = (beginning.includes("\u001b") ? stripVTControlCharacters(beginning) : beginning).trimEnd();
    if (this.isFrame(text) || text === "") return;
    const said = { number: this.count++, text: shorten(text.trim(), maxLineCharacters) };
    if (this.first.length < keptFirst) this.first.push(said);
    keepLast(this.last, said, keptLast);
    if (!telling.test(text)) return;
    if (this.firstTelling.length < keptTelling) this.firstTelling.push(said);
    keepLast(this.lastTelling, said, keptTelling);
  }

  /** All kept text, as one line; undefined if the command wrote none. */
  text(): string {
    const byWeight = [...this.lastTelling.toReversed(), ...this.firstTelling, ...this.last.toReversed(), ...this.first];
    const told: SaidLine[] = [];
    let room = maxCharacters;
    for (const line of byWeight) {
      if (told.includes(line) || line.text.length > room) continue;
      told.push(line);
      room -= line.text.length;
    }
    told.sort((one, other) => one.number - other.number);
    const parts = told.map(({ number, text }, index) => {
      const isAfterGap = number > (index === 0 ? 0 : told[index - 1]!.number + 1);
      return isAfterGap ? `… | ${text}` : text;
    });
    return parts.join(" | ");
  }

  /** A Python frame has a line of code below it, a goroutine's frames go on until an empty line. */
  private isFrame(text: string): boolean {
    if (this.within === "goroutine" && text !== "") return true;
    const wasPythonFrame = this.within === "python-frame";
    this.within = /^goroutine \d+ /.test(text) ? "goroutine" : /^\s+File "/.test(text) ? "python-frame" : undefined;
    return this.within !== undefined || frame.test(text) || (wasPythonFrame && /^\s{4}/.test(text));
  }
}

function keepLast(lines: SaidLine[], line: SaidLine, most: number): void {
  if (lines.push(line) > most) lines.shift();
}
