import path from "node:path";
import { type Readable } from "node:stream";
import { type Line, LineReader } from "../../support/lineReader";
import { shorten } from "../../support/text";
import { noCheckpoints } from "../encodeCheckpoint";
import { pour } from "../pour";
import { type RunEvents } from "../runner";
import { SaidLines } from "../saidLines";
import { readCheckpointLine } from "./checkpointLine";
import { failure, type FoundResult, maxKeptCharacters } from "./foundResult";
import { readResultFile } from "./resultFile";
import { ResultFinder } from "./resultFinder";

const maxLoggedCharacters = 4_000;

/** Reads a command's output: results, progress and log lines from standard output, errors from standard error. */
export class CommandOutput {
  readonly stdout: LineReader;
  readonly stderr: LineReader;
  private readonly results: ResultFinder;
  private readonly said = { stdout: new SaidLines(), stderr: new SaidLines() };
  private hasErrors = false;

  /**
   * @param resultFile file into which the command may write its result instead of printing it
   * @param check finds what is wrong with the JSON of a file, if that can be said
   */
  constructor(
    private readonly events: RunEvents,
    private readonly resultFile?: string,
    private readonly check?: (file: string) => Promise<string | undefined>,
  ) {
    this.results = new ResultFinder((line) => this.log("stdout", line), events.resultFolder);
    const more = (kept: string, rest: string) => this.results.more(kept, rest);
    this.stdout = new LineReader(maxKeptCharacters, (line) => this.onOutput(line), more);
    this.stderr = new LineReader(maxLoggedCharacters, (line) => this.onErrorOutput(line));
  }

  /** Reads both streams to their end. */
  listenTo(stdout: Readable, stderr: Readable): void {
    pour(stdout, this.stdout, this.events);
    pour(stderr, this.stderr, this.events);
  }

  /** The result, or its problem. */
  async result(): Promise<FoundResult> {
    const { resultFile, events } = this;
    const copy = events.resultFolder && path.join(events.resultFolder, "copy");
    const written = resultFile === undefined ? undefined : await readResultFile(resultFile, copy);
    const found = written ?? this.results.end();
    if (written) this.logLast();
    if (!found.ok || !found.file || found.file.bytes <= maxKeptCharacters) return found;
    // It was not read yet.
    const problem = await this.check?.(found.file.path);
    return problem === undefined ? found : failure(`a text of ${found.file.bytes} bytes`, problem);
  }

  /** A possible result counts as plain output if the command failed, or wrote its result into the file. */
  logLast(): void {
    this.results.logAll();
  }

  /** The command's words on its failure, and their stream; undefined if it wrote none. */
  lastWords(): { text: string; stream: "standard error" | "standard output" } | undefined {
    const { stdout, stderr } = this.said;
    if (this.hasErrors) return { text: stderr.text(), stream: "standard error" };
    const text = stdout.text();
    return text === "" ? undefined : { text, stream: "standard output" };
  }

  private onOutput(line: Line): void {
    const progress = parseProgress(line.text);
    if (progress) {
      this.results.progress();
      return this.events.onProgress(progress.fraction, progress.note);
    }
    const checkpoint = readCheckpointLine(line);
    if (!checkpoint) return this.results.line(line);
    this.results.progress();
    if ("problem" in checkpoint) this.events.onLog("warn", checkpoint.problem);
    else if (this.events.onCheckpoint) this.events.onCheckpoint(checkpoint.json);
    else this.events.onLog("warn", noCheckpoints);
  }

  private onErrorOutput(line: Line): void {
    if (line.text.trim() === "") return this.said.stderr.add("");
    this.hasErrors = true;
    this.log("stderr", line);
  }

  private log(stream: "stdout" | "stderr", { text, length }: Line): void {
    this.said[stream].add(text);
    if (text === "") return;
    this.events.onLog(stream === "stderr" ? "warn" : "info", shorten(text, maxLoggedCharacters, length), { stream });
  }
}

function parseProgress(text: string): { fraction: number; note?: string } | undefined {
  if (!text.startsWith("progress")) return undefined;
  const match = /^progress\s+(\d+(?:\.\d*)?|\.\d+)(?:\s+(\S.*))?\s*$/.exec(text.slice(0, 1_000));
  const fraction = Number(match?.[1]);
  if (!match || fraction > 1) return undefined;
  return { fraction, ...(match[2] !== undefined && { note: match[2] }) };
}
