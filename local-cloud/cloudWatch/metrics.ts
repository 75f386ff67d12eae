import { isObject, jsonObjectOf } from "../../contract/check";

/** A metric as an alarm names it. */
export interface MetricName {
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
}

/** Statistics that the local cloud computes. */
export const statistics = {
  Sum: (values: number[]) => values.reduce((sum, value) => sum + value, 0),
  Average: (values: number[]) => statistics.Sum(values) / values.length,
  Minimum: (values: number[]) => Math.min(...values),
  Maximum: (values: number[]) => Math.max(...values),
  SampleCount: (values: number[]) => values.length,
};

export type Statistic = keyof typeof statistics;

/** A line in the embedded metric format, as far as it is read here. */
interface EmbeddedLine {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [name: string]: unknown;
}

/** Values of metrics, each with its time; in memory. */
export class Metrics {
  private readonly all = new Map<string, { at: number; value: number }[]>();

  /** Values older than `keptMilliseconds` are dropped. */
  constructor(private readonly keptMilliseconds: number) {}

  add(metric: MetricName, at: number, ...values: number[]): void {
    const key = keyOf(metric);
    const points = this.all.get(key) ?? [];
    this.all.set(key, points);
    points.push(...values.map((value) => ({ at, value })));
    while (points[0]!.at < at - this.keptMilliseconds) points.shift();
  }

  /** Takes the metrics of a line in the embedded metric format; other lines have none. */
  addLine(line: string): void {
    const fields = line.includes('"_aws"') ? jsonObjectOf(line) : undefined;
    if (!fields || !isObject(fields._aws)) return;
    const { _aws: directives, ...values } = fields as EmbeddedLine;
    for (const { Namespace: namespace, Dimensions, Metrics: named } of directives.CloudWatchMetrics) {
      for (const names of Dimensions) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(values[name])]));
        for (const { Name: metricName } of named) {
          const given = [values[metricName]].flat() as number[];
          this.add({ namespace, metricName, dimensions }, directives.Timestamp, ...given);
        }
      }
    }
  }

  /** The statistic of the values after one time, up to another; undefined if there are none. */
  read(metric: MetricName, statistic: Statistic, after: number, upTo: number): number | undefined {
    const points = (this.all.get(keyOf(metric)) ?? []).filter(({ at }) => at > after && at <= upTo);
    return points.length === 0 ? undefined : statistics[statistic](points.map(({ value }) => value));
  }
}

function keyOf({ namespace, metricName, dimensions }: MetricName): string {
  return JSON.stringify([namespace, metricName, Object.entries(dimensions).sort()]);
}
