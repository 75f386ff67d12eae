import { type Clock } from "./clock";

export interface Counts {
  visible: number;
  inFlight: number;
}

/** Changes of the counts that are remembered before the oldest are forgotten. */
const maxHistory = 2_000;

/** A queue of jobs, by their index, that answers counts as late as SQS does. */
export class JobQueue {
  visible = 0;
  inFlight = 0;
  /** Time of the queue's last use; metrics sleep after hours without. */
  usedAt = 0;
  private waiting: number[] = [];
  private head = 0;
  /** The counts at each change that somebody may still see, and which of them is seen now. */
  private history = { times: [0], visible: [0], inFlight: [0] };
  private cursor = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lagSeconds: number,
  ) {}

  send(job: number): void {
    this.waiting.push(job);
    this.visible++;
    this.note();
  }

  receive(): number | undefined {
    if (this.visible === 0) return undefined;
    const job = this.waiting[this.head++]!;
    if (this.head > 10_000 && this.head * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
    this.visible--;
    this.inFlight++;
    this.note();
    return job;
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
    this.advance();
    return { visible: this.history.visible[this.cursor]!, inFlight: this.history.inFlight[this.cursor]! };
  }

  private advance(): void {
    const { times } = this.history;
    const asOf = this.clock.now - this.lagSeconds;
    while (this.cursor + 1 < times.length && times[this.cursor + 1]! <= asOf) this.cursor++;
  }

  private note(): void {
    const { clock, visible, inFlight } = this;
    this.usedAt = clock.now;
    if (this.history.times.length > maxHistory) this.forget();
    const { history } = this;
    if (history.times.at(-1) === clock.now) {
      history.visible[history.visible.length - 1] = visible;
      history.inFlight[history.inFlight.length - 1] = inFlight;
    } else {
      history.times.push(clock.now);
      history.visible.push(visible);
      history.inFlight.push(inFlight);
    }
  }

  private forget(): void {
    this.advance();
    const { times, visible, inFlight } = this.history;
    if (this.cursor * 2 < times.length) return;
    this.history = {
      times: times.slice(this.cursor),
      visible: visible.slice(this.cursor),
      inFlight: inFlight.slice(this.cursor),
    };
    this.cursor = 0;
  }
}
