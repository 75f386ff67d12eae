import { Clock } from "./clock";
import { LogFields } from "./log";

/** After so long a job counts half. */
const halfLifeMilliseconds = 120_000;

/** Less than this is as good as none. */
const negligibleJobs = 0.01;

/** Events that end an attempt on its own account; one that was cut off says nothing of how long a job takes. */
const ended = new Set(["job-succeeded", "job-failed", "job-retried"]);

/** How many jobs ended lately and how long they took in all: of what is older, less and less counts. */
export class RecentJobs {
  private jobs = 0;
  private seconds = 0;
  private countedAt: number;

  constructor(private readonly clock: Clock) {
    this.countedAt = clock.now();
  }

  /** Counts the job of a log line, if it tells of an attempt's end. */
  note(event: string, { runMs }: LogFields): void {
    if (!ended.has(event) || typeof runMs !== "number") return;
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
    const left = 0.5 ** (Math.max(0, now - this.countedAt) / halfLifeMilliseconds);
    this.jobs *= left;
    this.seconds *= left;
    this.countedAt = now;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
