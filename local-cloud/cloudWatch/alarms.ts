import type { LocalAlarm } from "../../contract/http/localControls";
import { parseMetricMath, type Series } from "./metricMath";
import { type MetricName, Metrics, type Statistic } from "./metrics";

/** An alarm as it was deployed ("PutMetricAlarm", Amazon CloudWatch API Reference). */
export interface AlarmSettings {
  name: string;
  arn: string;
  description: string;
  /** By id. */
  metrics: Record<string, MetricName & { stat: Statistic; periodSeconds: number }>;
  /** Metric math over them, or the id of the only one. */
  expression: string;
  comparison: keyof typeof comparisons;
  threshold: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  missing: "breaching" | "notBreaching" | "ignore" | "missing";
  /** ARNs of topics that are told of each new state. */
  actions: Record<LocalAlarm["state"], string[]>;
}

export const comparisons = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};

export interface AlarmEffects {
  /** Epoch milliseconds. */
  now: () => number;
  /** Measures what AWS measures each minute. */
  sample: (add: Metrics["add"]) => void;
  /** Hears each change of a state. */
  onChange: (alarm: AlarmSettings, state: LocalAlarm["state"], before: LocalAlarm["state"]) => void;
  /** Seconds that a minute of every alarm takes: tests don't wait for minutes. @default 60 */
  secondsInstead?: number | undefined;
}

interface Alarm {
  settings: AlarmSettings;
  value: (metrics: Record<string, Series>) => Series;
  state: LocalAlarm["state"];
  changedAt: number;
}

/** Periods beyond those of an alarm in which it looks for values, if some are missing. */
const morePeriods = 2;

/**
 * CloudWatch's metric alarms, evaluated each minute on what functions and workers write in the embedded metric format,
 * and on those of AWS's own metrics that the local cloud measures. Nothing is kept while there is no alarm.
 */
export class Alarms {
  private readonly all = new Map<string, Alarm>();
  private readonly metrics: Metrics;
  private readonly minute: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly effects: AlarmEffects) {
    this.minute = (effects.secondsInstead ?? 60) * 1_000;
    this.metrics = new Metrics(120 * this.minute);
  }

  /** @throws Error if its expression can't be evaluated here */
  put(settings: AlarmSettings): void {
    const before = this.all.get(settings.name);
    const value = parseMetricMath(settings.expression);
    const none: Series = () => undefined;
    value(Object.fromEntries(Object.keys(settings.metrics).map((id) => [id, none])));
    const { state, changedAt } = before ?? { state: "INSUFFICIENT_DATA", changedAt: this.effects.now() };
    this.all.set(settings.name, { settings, value, state, changedAt });
    this.timer ??= setInterval(() => this.run(), this.minute).unref();
  }

  delete(name: string): void {
    this.all.delete(name);
  }

  list(): LocalAlarm[] {
    return [...this.all.values()].map(({ settings: { name, description }, state, changedAt }) => {
      return { name, description, state, since: new Date(changedAt).toISOString() };
    });
  }

  /** Takes note of values of AWS's own metrics, now. */
  measure(namespace: string, dimensions: Record<string, string>, values: Record<string, number>): void {
    if (this.all.size === 0) return;
    for (const [metricName, value] of Object.entries(values)) {
      this.metrics.add({ namespace, metricName, dimensions }, this.effects.now(), value);
    }
  }

  /** Takes note of a line of a log. */
  hear(line: string): void {
    if (this.all.size > 0) this.metrics.addLine(line);
  }

  /** Evaluates every alarm, as CloudWatch does each minute. */
  run(): void {
    if (this.all.size === 0) return;
    this.effects.sample((...values) => this.metrics.add(...values));
    const now = this.effects.now();
    for (const alarm of this.all.values()) this.change(alarm, this.stateOf(alarm, now));
  }

  /** Sets a state until the next evaluation, as `SetAlarmState` does, to try who is told. */
  setState(name: string, state: LocalAlarm["state"]): void {
    const alarm = this.all.get(name);
    if (!alarm) throw new Error(`There is no alarm ${name}`);
    this.change(alarm, state);
  }

  private change(alarm: Alarm, state: LocalAlarm["state"]): void {
    const before = alarm.state;
    if (state === before) return;
    Object.assign(alarm, { state, changedAt: this.effects.now() });
    this.effects.onChange(alarm.settings, state, before);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** By "Configuring how CloudWatch alarms treat missing data", which leaves open how far it looks back. */
  private stateOf({ settings, value, state }: Alarm, now: number): LocalAlarm["state"] {
    const { metrics, evaluationPeriods: periods, datapointsToAlarm, missing, comparison, threshold } = settings;
    const series = value(
      Object.fromEntries(
        Object.entries(metrics).map(([id, { stat, periodSeconds, ...metric }]) => {
          const length = (periodSeconds / 60) * this.minute;
          const read: Series = (period) =>
            this.metrics.read(metric, stat, now - (period + 1) * length, now - period * length);
          return [id, read];
        }),
      ),
    );
    const breaches = (given: number) => comparisons[comparison](given, threshold);
    if (missing === "breaching" || missing === "notBreaching") {
      const isMissing = missing === "breaching";
      const latest = Array.from({ length: periods }, (_, period) => series(period));
      const count = latest.filter((given) => (given === undefined ? isMissing : breaches(given))).length;
      return count >= datapointsToAlarm ? "ALARM" : "OK";
    }
    const found = Array.from({ length: periods + morePeriods }, (_, period) => series(period) ?? []).flat();
    const latest = found.slice(0, periods);
    if (latest.length === 0) return missing === "ignore" ? state : "INSUFFICIENT_DATA";
    const count = latest.filter(breaches).length;
    if (count >= datapointsToAlarm) return "ALARM";
    return count > 0 && latest.length < datapointsToAlarm ? state : "OK";
  }
}
