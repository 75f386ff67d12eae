import { MultiBar, Presets, SingleBar } from "cli-progress";
import pc from "picocolors";
import type { Job } from "../client";
import { oneLine } from "./jobTables";

/** One bar for each job that is waited for, on standard error; none where that is no terminal. */
export class ProgressBars {
  private readonly multi: MultiBar | undefined;
  private readonly bars = new Map<string, SingleBar>();

  constructor(isShown: boolean, stream: NodeJS.WriteStream = process.stderr) {
    if (!isShown || !stream.isTTY) return;
    const format = ` {id} ${pc.cyan("{bar}")} {percentage} % {state} {note}`;
    this.multi = new MultiBar({ format, hideCursor: true, barsize: 30, stream }, Presets.shades_classic);
  }

  show({ id, state, progress }: Job): void {
    if (!this.multi) return;
    const done = state === "succeeded" ? 100 : Math.round((progress?.fraction ?? 0) * 100);
    const note = oneLine(progress?.note ?? "").slice(0, 40);
    const bar = this.bars.get(id) ?? this.multi.create(100, 0, { id, state, note });
    this.bars.set(id, bar);
    bar.update(done, { state, note });
  }

  stop(): void {
    this.multi?.stop();
  }
}
