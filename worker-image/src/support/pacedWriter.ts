import { type Clock } from "./clock";

/** At most one write in this time. */
const intervalMilliseconds = 1_000;

/**
 * Writes the latest of one job's reports, the first at once and then at most one a second, never two at a time. What
 * still waits at the job's end is its owner's to write.
 */
export class PacedWriter<Report> {
  private waiting?: Report;
  private current?: Promise<void>;
  private cancelPause?: () => void;
  private isStopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly write: (report: Report) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  report(report: Report): void {
    if (this.isStopped) return;
    this.waiting = report;
    if (!this.current && !this.cancelPause) this.flush();
  }

  /** Resolves, once no write is running, with the report that has not been written. */
  async stop(): Promise<Report | undefined> {
    this.isStopped = true;
    this.cancelPause?.();
    await this.current;
    return this.waiting;
  }

  private flush(): void {
    this.cancelPause = undefined;
    const report = this.waiting;
    if (report === undefined || this.isStopped) return;
    this.waiting = undefined;
    this.current = this.writeAndPause(report);
  }

  private async writeAndPause(report: Report): Promise<void> {
    try {
      await this.write(report);
    } catch (error) {
      this.waiting ??= report;
      this.onError(error);
    }
    this.current = undefined;
    if (!this.isStopped) this.cancelPause = this.clock.after(intervalMilliseconds, () => this.flush());
  }
}
