import { definedFields } from "./definedFields";
import type { LogFields } from "./log";

/** Namespace of the component's own metrics in CloudWatch. */
export const metricNamespace = "BatchJobProcessor";

/** Sums over a component's types, with the dimension `Component`. */
export interface ComponentSums {
  /** Messages in the dead-letter queues. */
  DeadLetters: number;
  /** The longest time for which a type had waiting jobs, and no worker at a job, when it was last counted. */
  StalledSeconds: number;
  /** Types with work whose launches fail. */
  LaunchProblems: number;
  /** US dollars of the types' instances since midnight, in UTC, as far as their prices are known. */
  DollarsToday: number;
}

/** Has the function `operator` write these sums of the component, each minute: those that something reads. */
export interface WriteSums {
  writeSums: (keyof ComponentSums)[];
  component: string;
}

const units: Record<string, string> = {
  WaitTime: "Milliseconds",
  RunTime: "Milliseconds",
  StalledSeconds: "Seconds",
  DollarsToday: "None",
};

/**
 * Fields of a log line of which CloudWatch makes metrics ("Specification: Embedded metric format"): one value each, or
 * at most {@link maxMetricValues}.
 */
export function embeddedMetrics(
  now: number,
  dimensions: Record<string, string>,
  values: Record<string, number | number[] | undefined>,
): LogFields {
  const Metrics = Object.keys(definedFields(values)).map((Name) => ({ Name, Unit: units[Name] ?? "Count" }));
  const directive = { Namespace: metricNamespace, Dimensions: [Object.keys(dimensions)], Metrics };
  return { _aws: { Timestamp: now, CloudWatchMetrics: [directive] }, ...dimensions, ...values };
}

/** Most values of one metric in a line. */
export const maxMetricValues = 100;
