import { type Clock } from "./clock";

export interface Progress {
  fraction: number;
  note?: string;
}

/** At most one write per job in this time. */
const intervalMilliseconds = 1_000;

/** Characters kept of a note. */
const maxNoteCharacters = 200;

/** A handler's report, within bounds; undefined if the fraction is no number. */
export function toProgress(fraction: unknown, note?: unknown): Progress | undefined {
  if (typeof fraction !== "number" || Number.isNaN(fraction)) return undefined;
  const bounded = Math.min(1, Math.max(0, fraction));
  return { fraction: bounded, ...(typeof note === "string" && { note: note.slice(0, maxNoteCharacters) }) };
}

/**
 * Writes the latest progress of one job, the first at once and then at most one a second, never two at a time. A report
 * still waiting at the job's end is written with that.
 */
export class ProgressWriter {
  private waiting?: Progress;
  private current?: Promise<void>;
  private cancelPause?: () => void;
  private isStopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly write: (progress: Progress) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  report(progress: Progress): void {
    if (this.isStopped) return;
    this.waiting = progress;
    if (!this.current && !this.cancelPause) this.flush();
  }

  /** Resolves, once no write is running, with the report that has not been written. */
  async stop(): Promise<Progress | undefined> {
    this.isStopped = true;
    this.cancelPause?.();
    await this.current;
    return this.waiting;
  }

  private flush(): void {
    this.cancelPause = undefined;
    const progress = this.waiting;
    if (!progress || this.isStopped) return;
    this.waiting = undefined;
    this.current = this.writeAndPause(progress);
  }

  private async writeAndPause(progress: Progress): Promise<void> {
    try {
      await this.write(progress);
    } catch (error) {
      this.waiting ??= progress;
      this.onError(error);
    }
    this.current = undefined;
    if (!this.isStopped) this.cancelPause = this.clock.after(intervalMilliseconds, () => this.flush());
  }
}
