import { leftOfRecent } from "../../../contract/fleet/state";
import { type EventName, type LogFields, ownEnds } from "../../../contract/log";
import { type Clock } from "../support/clock";

/** A smaller number counts as none. */
const negligibleJobs = 0.01;

/** Number and total duration of recently ended jobs; older ones count less and less. */
export class RecentJobs {
  private jobs = 0;
  private seconds = 0;
  private countedAt: number;

  constructor(private readonly clock: Clock) {
    this.countedAt = clock.now();
  }

  /** Counts the job of a log line, if it is about an attempt's end. */
  note(event: EventName, { runMs }: LogFields): void {
    if (!ownEnds.includes(event) || typeof runMs !== "number") return;
    this.fade();
    this.jobs++;
    this.seconds += runMs / 1_000;
  }

  read(): { recentJobs: number; recentSeconds: number } {
    this.fade();
    const [jobs, seconds] = this.jobs < negligibleJobs ? [0, 0] : [this.jobs, this.seconds];
    return { recentJobs: rounded(jobs), recentSeconds: rounded(seconds) };
  }

  private fade(): void {
    const now = this.clock.now();
    const left = leftOfRecent(Math.max(0, now - this.countedAt) / 1_000);
    this.jobs *= left;
    this.seconds *= left;
    this.countedAt = now;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
