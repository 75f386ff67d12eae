import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type Line } from "../../support/lineReader";
import { LargeResultText } from "../largeResult";
import { failure, type FoundResult, hintOf, maxKeptCharacters, parse, resultOf, resultOfText } from "./foundResult";
import { BracketDepth, isJsonFragment, likenessOf } from "./jsonShape";

/** Lines that may be JSON: others are words. */
const mayBeJson =
  /^(?:[[\]{}",]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$|(?:true|false|null|-?NaN|-?Infinity)$)|[}\]],?$/;

/** A part of the output that may be its result. */
interface Candidate {
  find: () => FoundResult;
  /** Lines for the log, if something else becomes the result. */
  lines: Line[];
  /** Removes what else was kept of it. */
  drop?: () => void;
  /** Counts as JSON only at the end of the output. */
  isWeak?: true;
  /** A number or a word, which logs also have in lines of their own. */
  isScalar?: true;
}

/**
 * Finds the result in a command's output: the last JSON value in lines of its own, one line or many. Text that looks
 * like JSON there but can't be read as a whole is an error; no part of it, and nothing before it, counts as the
 * result. Keeps at most one value; a large one goes into a file of the folder, and only its brackets are read.
 */
export class ResultFinder {
  private open?: Block;
  private last?: Candidate;
  /** The candidate that a weak one replaced. */
  private before?: Candidate;
  /** True if the current line, too long to be kept, doesn't look like JSON. */
  private areLongWords = false;
  private files = 0;

  /**
   * @param onLog called with the lines that are no result
   * @param folder folder for large results; without one only their size and digest are kept
   */
  constructor(
    private readonly onLog: (line: Line) => void,
    private readonly folder?: string,
  ) {}

  /** Takes one line that reports no progress. */
  line(line: Line): void {
    const hasColours = line.text.includes("\u001b") || line.text.includes("\u009b");
    const text = (hasColours ? stripVTControlCharacters(line.text) : line.text).replace(/^\ufeff/, "");
    const areLongWords = this.areLongWords;
    this.areLongWords = false;
    if (this.open) return this.continueBlock(this.open, line, text, hasColours);
    if (areLongWords) return this.words(line);
    const trimmed = text.trim();
    if (!mayBeJson.test(trimmed)) return this.words(line);
    this.lineLikeJson(line, trimmed, hasColours);
  }

  /**
   * Takes a part of a line that is too long to be kept: called before the line itself, with `kept` and the part after
   * it.
   */
  more(kept: string, rest: string): void {
    if (this.areLongWords) return;
    if (!this.open) {
      const text = kept.trimStart();
      this.areLongWords = !text.startsWith('"') && likenessOf(text) !== "strongly";
      if (this.areLongWords) return;
      this.open = new Block(this.newFile());
    }
    this.open.addLong(kept, rest);
  }

  /** Takes a line of progress, or a checkpoint: an open block ends before it. */
  progress(): void {
    this.areLongWords = false;
    if (this.open) this.close(this.open, unclosed);
  }

  /** The result, at the end of the output. */
  end(): FoundResult {
    if (this.open) this.close(this.open, unclosed);
    return this.last?.find() ?? { ok: true };
  }

  /** A possible result counts as plain output if the command failed. */
  logAll(): void {
    if (this.open) this.close(this.open, unclosed);
    this.forget(this.before);
    this.forget(this.last);
    this.before = this.last = undefined;
  }

  private lineLikeJson(line: Line, text: string, hasColours: boolean): void {
    const isScalar = !/^[[{]/.test(text);
    const parsed = parse(text);
    if (parsed.ok && hasColours && isScalar) return this.words(line);
    if (parsed.ok) {
      const problem = hasColours ? colours : line.isGarbled && garbled;
      const find = () => (problem ? failure(text, problem) : resultOf(text, parsed.value, this.newFile()));
      return this.take({ find, lines: [line], ...(isScalar && { isScalar }) });
    }
    const likeness = likenessOf(text);
    if (likeness === undefined) return this.words(line);
    if (likeness === "strongly" && !isScalar) {
      const block = new Block(this.newFile());
      this.open = block;
      return this.continueBlock(block, line, text, hasColours);
    }
    const find = () => failure(text, hasColours ? colours : parsed.message());
    this.take({ find, lines: [line], ...(likeness === "weakly" && { isWeak: true }) });
  }

  private continueBlock(block: Block, line: Line, text: string, hasColours: boolean): void {
    block.addLine(text);
    if (hasColours) block.spoil(colours);
    if (line.isGarbled) block.spoil(garbled);
    const isWhole = line.text.length === line.length;
    if (!block.isClosed && isWhole && !isJsonFragment(text)) block.spoil(/^\s*[\w$]+:/.test(text) ? unquoted : words);
    if (block.problem === undefined) block.lines.push(line);
    else {
      // It can't become a result, so none of it need be kept.
      for (const kept of block.lines.splice(0)) this.onLog(kept);
      this.onLog(line);
    }
    if (block.isClosed) this.close(block);
  }

  private close(block: Block, problem?: string): void {
    this.open = undefined;
    this.take({
      find: () => block.end(problem),
      lines: block.lines,
      drop: () => block.drop(),
      ...(block.problem === unquoted && { isWeak: true }),
    });
  }

  private take(candidate: Candidate): void {
    if (candidate.isWeak && this.last && !this.last.isWeak) {
      this.before = this.last;
      this.last = candidate;
      return;
    }
    this.forget(this.before);
    this.forget(this.last);
    this.before = undefined;
    this.last = candidate;
  }

  private forget(candidate: Candidate | undefined): void {
    for (const line of candidate?.lines ?? []) this.onLog(line);
    candidate?.drop?.();
  }

  private newFile(): string | undefined {
    return this.folder && path.join(this.folder, String(++this.files));
  }

  /** A log line: anything before it that looked a little like JSON was one, too. */
  private words(line: Line): void {
    if (this.last?.isWeak && !this.before?.isScalar) {
      this.forget(this.last);
      this.last = this.before;
      this.before = undefined;
    }
    this.onLog(line);
  }
}

/** JSON of several lines, or of a line too long to be kept. */
class Block {
  readonly lines: Line[] = [];
  /** Reason why it can't be a result. */
  problem?: string;
  isLong = false;
  private readonly brackets = new BracketDepth();
  private beginning = "";
  private text = "";
  private large?: LargeResultText;
  /** True if the current line was taken already, since it is long. */
  private isLineTaken = false;

  constructor(private readonly file: string | undefined) {}

  get isClosed(): boolean {
    return this.brackets.depth <= 0;
  }

  addLine(text: string): void {
    if (!this.isLineTaken) this.add(this.beginning === "" ? text.trimStart() : `\n${text}`);
    this.isLineTaken = false;
    if (this.isLong && this.brackets.isInText) this.spoil(unclosed);
    this.brackets.endLine();
  }

  addLong(kept: string, rest: string): void {
    const start = this.isLineTaken ? "" : this.beginning === "" ? kept.trimStart() : `\n${kept}`;
    this.isLineTaken = true;
    // At once, since a character may be divided between the two.
    this.add(start + rest);
  }

  /** None of it need be kept then. */
  spoil(problem: string): void {
    if (this.problem !== undefined) return;
    const hint = problem === words ? hintOf(this.text) : undefined;
    this.problem = hint ?? problem;
    this.text = "";
    this.drop();
  }

  drop(): void {
    this.large?.drop();
    this.large = undefined;
  }

  end(problem?: string): FoundResult {
    if (this.problem !== undefined) return failure(this.beginning, this.problem);
    if (problem !== undefined) return failure(this.beginning, problem);
    return this.large ? { ok: true, ...this.large.end() } : resultOfText(this.text, this.file);
  }

  private add(piece: string): void {
    this.brackets.add(piece);
    if (this.beginning.length < 100) this.beginning += piece.slice(0, 100);
    if (this.problem !== undefined) return;
    if (!this.large && this.text.length + piece.length <= maxKeptCharacters) {
      this.text += piece;
      return;
    }
    this.isLong = true;
    this.large ??= new LargeResultText(this.file);
    this.large.add(this.text + piece);
    this.text = "";
    this.lines.length = 0;
  }
}

const colours = "it holds colours for terminals: have it printed without (jq -M, NO_COLOR=1)";
const garbled = "it isn't all UTF-8";
const unclosed = "it isn't closed";
const words = "there is a line between that isn't JSON";
const unquoted = "its names lack quotes: print JSON.stringify(…)";
