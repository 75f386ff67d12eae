import { type Clock } from "./clock";

export interface Counts {
  visible: number;
  inFlight: number;
}

/** A queue of jobs, by their index, that answers counts as late as SQS does. */
export class JobQueue {
  visible = 0;
  inFlight = 0;
  /** Time of the queue's last use; metrics sleep after hours without. */
  usedAt = 0;
  private readonly jobs: number[] = [];
  private received = 0;
  /** The counts after each change that a reader may still see. */
  private readonly history: (Counts & { at: number })[] = [{ at: -Infinity, visible: 0, inFlight: 0 }];

  constructor(
    private readonly clock: Clock,
    private readonly lagSeconds: number,
  ) {}

  send(job: number): void {
    this.jobs.push(job);
    this.visible++;
    this.note();
  }

  receive(): number | undefined {
    if (this.visible === 0) return undefined;
    this.visible--;
    this.inFlight++;
    this.note();
    return this.jobs[this.received++];
  }

  remove(): void {
    this.inFlight--;
    this.note();
  }

  /** A job whose worker was killed waits again. */
  giveBack(job: number): void {
    this.inFlight--;
    this.send(job);
  }

  /** The counts as SQS tells them now. */
  counts(): Counts {
    this.usedAt = this.clock.now;
    const asOf = this.clock.now - this.lagSeconds;
    this.history.splice(
      0,
      this.history.findLastIndex(({ at }) => at <= asOf),
    );
    return this.history[0]!;
  }

  private note(): void {
    const { now } = this.clock;
    this.usedAt = now;
    this.history.push({ at: now, visible: this.visible, inFlight: this.inFlight });
  }
}
