import { describe } from "../../../../contract/check";
import { type Progress, toProgress } from "../../support/progress";

/** Time between two reports to the worker, which writes one a second. */
const intervalMilliseconds = 100;

/** Rounding error of summed fractions at 0 and 1. */
const tolerance = 0.001;

/** A handler's reports of progress, of which only the latest is passed on. */
export class HandlerProgress {
  private waiting?: Progress;
  private handedOnAt = -Infinity;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly handOn: (progress: Progress) => void,
    private readonly warn: (message: string) => void,
  ) {}

  report(fraction: unknown, note?: unknown): void {
    const progress = toProgress(fraction, note);
    if (!progress || Math.abs(progress.fraction - (fraction as number)) > tolerance) {
      this.warn(`Expected progress as a number from 0 to 1, got ${describe(fraction)}`);
    }
    if (!progress) return;
    this.waiting = progress;
    // A handler that doesn't let timers run is reported as well.
    if (performance.now() - this.handedOnAt >= intervalMilliseconds) return this.flush();
    this.timer ??= setTimeout(() => this.flush(), intervalMilliseconds).unref();
  }

  /** Passes on the waiting report: at the handler's end, at the latest. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const progress = this.waiting;
    if (!progress) return;
    this.waiting = undefined;
    this.handedOnAt = performance.now();
    this.handOn(progress);
  }
}
