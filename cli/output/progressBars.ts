import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Job, JobState } from "../../client/index";
import { isFinal } from "../../contract/records/record";
import { cut, paint, render, singleLine, type Styled, widthOf } from "./styled";
import { type Output, outputOf } from "./terminal";

/** Number of jobs beyond which one bar covers all of them, and one line all that wait for the same reason. */
export const mostBars = 8;

const barColumns = { most: 30, least: 10 };

/** Most and fewest columns of an id beside a bar. */
const idColumns = { most: 36, least: 8 };

/** Columns that a bar, its percentage and a state take. */
const otherColumns = 30;

interface Picture {
  name: Styled;
  /** Undefined if it is unknown: there is no bar then. */
  fraction?: number | undefined;
  note: Styled;
}

/**
 * Progress bars of what is awaited, on standard error: one for each job, or one for all if there are many; none if
 * standard error is no terminal.
 */
export class ProgressBars {
  private readonly output: Output;
  private readonly multi: MultiBar | undefined;
  private readonly bars = new Map<string, SingleBar>();
  private readonly jobs = new Map<string, Job>();

  constructor(
    isShown: boolean,
    private readonly ids: readonly string[] = [],
    stream: NodeJS.WriteStream = process.stderr,
  ) {
    const output = outputOf(() => stream);
    this.output = output;
    if (!isShown || !stream.isTTY) return;
    const format = (_options: unknown, _parameters: unknown, picture: Picture) =>
      // A line that fills the terminal's last column may wrap.
      render(barLine(picture, output.columns - 1), output.isColoured);
    // Lines fit; MultiBar itself would cut them with their colours counted in.
    const wide = { isTTY: true, columns: 10_000, write: (text: string) => stream.write(text) };
    const options = { format, hideCursor: true, linewrap: true, stream: wide as unknown as NodeJS.WriteStream };
    this.multi = new MultiBar(options, Presets.shades_classic);
  }

  show(job: Job): void {
    if (!this.multi) return;
    this.jobs.set(job.id, job);
    if (this.ids.length > mostBars) this.draw("", this.pictureOfAll());
    else this.draw(job.id, pictureOf(job));
  }

  /** Draws the bar of the key. */
  draw(key: string, picture: Picture): void {
    const bar = this.bars.get(key) ?? this.multi?.create(100, 0, picture);
    if (!bar) return;
    this.bars.set(key, bar);
    bar.update(Math.round((picture.fraction ?? 0) * 100), picture);
  }

  /** Writes a line above the bars, or alone if there are none. */
  say(line: Styled): void {
    if (!this.multi) return this.output.line(line);
    this.multi.log(`${render(line, this.output.isColoured)}\n`);
    this.multi.update();
  }

  stop(): void {
    this.multi?.stop();
  }

  private pictureOfAll(): Picture {
    const jobs = [...this.jobs.values()];
    const ended = jobs.filter(({ state }) => isFinal(state)).length;
    const count = (state: JobState) => jobs.filter((job) => job.state === state).length;
    const states = (["running", "queued", "failed", "cancelled"] as const)
      .map((state) => ({ state, jobs: count(state) }))
      .filter((each) => each.jobs > 0)
      .map(({ state, jobs: number }) => `${number} ${state}`);
    const fraction = jobs.reduce((sum, job) => sum + (isFinal(job.state) ? 1 : fractionOf(job)), 0) / this.ids.length;
    return { name: `${ended} of ${this.ids.length} ended`, fraction, note: states.join(", ") };
  }
}

function pictureOf(job: Job): Picture {
  const { id, state, progress } = job;
  return { name: id, fraction: fractionOf(job), note: progress?.note ? [state, " ", progress.note] : state };
}

function fractionOf({ state, progress }: Job): number {
  return state === "succeeded" ? 1 : Math.min(1, Math.max(0, progress?.fraction ?? 0));
}

/** The name, a bar, the percentage, and the note: the bar shrinks first, then the note is cut. */
function barLine({ name: fullName, fraction, note }: Picture, columns: number): Styled {
  const name = cut(singleLine(fullName), Math.max(idColumns.least, Math.min(idColumns.most, columns - otherColumns)));
  if (fraction === undefined) return cut([" ", name, " ", singleLine(note)], columns);
  const percentage = `${String(Math.round(fraction * 100)).padStart(3)} %`;
  const label = singleLine(note);
  const others = 1 + widthOf(name) + 1 + 1 + percentage.length + 1;
  const room = columns - others - widthOf(label);
  const width = Math.max(Math.min(barColumns.least, columns - others), Math.min(barColumns.most, room));
  const done = Math.round(fraction * Math.max(0, width));
  const bar = width > 0 ? `${"█".repeat(done)}${"░".repeat(width - done)}` : "";
  return cut([" ", name, " ", paint.cyan(bar), " ", percentage, " ", label], columns);
}
