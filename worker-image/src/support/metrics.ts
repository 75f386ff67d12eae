import { attemptEnds, type EventName, type Log, type LogFields } from "../../../contract/log";
import { embeddedMetrics, maxMetricValues } from "../../../contract/metrics";
import { type Clock } from "./clock";

/** Time between two lines of metrics. */
const flushMilliseconds = 10_000;

/** Metric of each job event. */
const counted: Partial<Record<EventName, string>> = {
  "job-started": "JobsStarted",
  "job-succeeded": "JobsSucceeded",
  "job-failed": "JobsFailed",
  "job-retried": "JobsRetried",
};

/** Events that end an attempt; their lines include the memory. */
const troubled: readonly EventName[] = attemptEnds.filter((event) => event !== "job-succeeded");

export interface MetricsEffects {
  type: string;
  /** Distinguishes deployments that share an account and a type's name. */
  queueUrl: string;
  /** Dimension of the metrics; `off` for none. @default "type" */
  metrics?: "type" | "component" | "off";
  metricsComponent?: string;
  log: Log;
  busySlots: () => number;
  clock: Clock;
  random: () => number;
}

/** Values of one metric; a fair sample of them if a line can't hold all. */
class Values {
  readonly kept: number[] = [];
  private seen = 0;

  constructor(private readonly random: () => number) {}

  add(value: number): void {
    this.seen++;
    if (this.kept.length < maxMetricValues) this.kept.push(value);
    else {
      const at = Math.floor(this.random() * this.seen);
      if (at < maxMetricValues) this.kept[at] = value;
    }
  }
}

/**
 * Metrics in CloudWatch's embedded metric format, drawn from the log lines themselves, so that the two can't disagree:
 * `log` passes every line on, counts those that count, and adds one line of metrics each ten seconds in which anything
 * was done. An idle worker writes none, and neither does one whose metrics are off.
 */
export class Metrics {
  private counts: Record<string, number> = {};
  private values: Record<string, Values> = {};
  private cancelFlush: () => void = () => undefined;

  constructor(private readonly effects: MetricsEffects) {}

  readonly log: Log = (level, event, fields = {}) => {
    this.effects.log(level, event, troubled.includes(event) ? { ...fields, rssMegabytes: rssMegabytes() } : fields);
    this.count(event, fields);
  };

  start(): void {
    if (this.effects.metrics === "off") return;
    this.cancelFlush = this.effects.clock.after(flushMilliseconds, () => {
      this.flush();
      this.start();
    });
  }

  /** Writes the remaining metrics. */
  stop(): void {
    this.cancelFlush();
    this.flush();
  }

  private count(event: EventName, { waitMs, runMs }: LogFields): void {
    const name = counted[event];
    if (name === undefined || this.effects.metrics === "off") return;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.measure("SlotsBusy", this.effects.busySlots());
    if (event === "job-started") this.measure("WaitTime", waitMs);
    else this.measure("RunTime", runMs);
  }

  private measure(name: string, value: unknown): void {
    if (typeof value !== "number") return;
    (this.values[name] ??= new Values(this.effects.random)).add(value);
  }

  private flush(): void {
    const { log, clock, busySlots, metrics: kind } = this.effects;
    const busy = kind === "off" ? 0 : busySlots();
    if (busy > 0) this.measure("SlotsBusy", busy);
    const lists = Object.entries(this.values).map(([name, { kept }]) => [name, kept] as const);
    const metrics = { ...this.counts, ...Object.fromEntries(lists) };
    this.counts = {};
    this.values = {};
    if (Object.keys(metrics).length === 0) return;
    log("info", "worker-metrics", embeddedMetrics(clock.now(), this.dimensions(), metrics));
  }

  private dimensions(): Record<string, string> {
    const { type, queueUrl, metrics, metricsComponent = "" } = this.effects;
    if (metrics === "component") return { Component: metricsComponent };
    return { Type: type, QueueName: queueUrl.slice(queueUrl.lastIndexOf("/") + 1) };
  }
}

function rssMegabytes(): number {
  return Math.round(process.memoryUsage.rss() / 1_024 ** 2);
}
