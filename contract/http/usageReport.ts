import { definedFields } from "../definedFields";
import type { Usage } from "../fleet/usage";

/** By what `GET /usage` adds up usage. */
export const usageKinds = ["type", "tenant", "label"] as const;

export type UsageKind = (typeof usageKinds)[number];

/** Usage to add up. */
export interface UsageQuestion {
  /** @default "type" */
  by?: UsageKind;
  /** Name of the label, with `by: "label"`: one of the component's `usageLabels`. */
  label?: string;
  /** That type's usage alone, which may be one that was removed. @default - all types */
  type?: string;
  /** First day: a date in UTC. @default - the first of the last day's month */
  from?: string;
  /** Last day. @default - today */
  to?: string;
  /** A row for each day. @default - one for all days */
  per?: "day";
}

/** Usage of the jobs of some days. */
export interface UsageSum extends Usage {
  /** Jobs that ended. */
  jobs: number;
  /** Seconds of the types' instances, idle ones included; undefined by tenant and label. */
  instanceSeconds?: number;
  instanceDollars?: number;
  /** Seconds and dollars of the instances that no job has used. */
  idleSeconds?: number;
  idleDollars?: number;
  /** Present if no price was known for a part: the dollars lack it. */
  unpriced?: true;
}

/** Usage of a type, of a tenant's jobs, or of those with one value of a label. */
export interface UsageRow extends UsageSum {
  /** Date in UTC, with `per=day`. */
  day?: string;
  /** Only by type. */
  type?: string;
  /** Only by tenant. */
  tenant?: string;
  /** The label's value; only by label. */
  value?: string;
}

/** Usage of some days. An answer with a cursor has a part of it: the rows and totals of all parts add up. */
export interface UsageReport {
  by: UsageKind;
  label?: string;
  /** Dates in UTC of the first day and the last one. */
  from: string;
  to: string;
  rows: UsageRow[];
  /**
   * Usage of all jobs, and of the instances: more than the rows by tenant or label add up to if there are jobs without
   * one. For a caller that is bound to a tenant it is that tenant's alone.
   */
  total: UsageSum;
  cursor?: string;
}

/** Adds usage to a sum, whose idle time is that of the whole only after {@link withIdle}. */
export function addUsage(sum: UsageSum, more: UsageSum): void {
  for (const field of ["jobs", "seconds", "dollars", "instanceSeconds", "instanceDollars"] as const) {
    if (more[field] !== undefined) sum[field] = (sum[field] ?? 0) + more[field];
  }
  if (more.unpriced) sum.unpriced = true;
}

/**
 * The sum, rounded, with its instances' idle time. Workers don't add their jobs' time and their own at the same moment:
 * jobs may have used more than there was.
 */
export function withIdle<Sum extends UsageSum>(sum: Sum): Sum {
  const { seconds, dollars, instanceSeconds, instanceDollars } = sum;
  const isPriced = instanceDollars !== undefined && (dollars !== undefined || seconds === 0);
  const figures = {
    ...{ seconds: rounded(seconds, 3), dollars: rounded(dollars, 9) },
    ...{ instanceSeconds: rounded(instanceSeconds, 3), instanceDollars: rounded(instanceDollars, 9) },
    idleSeconds: instanceSeconds === undefined ? undefined : rounded(Math.max(0, instanceSeconds - seconds), 3),
    idleDollars: isPriced ? rounded(Math.max(0, instanceDollars - (dollars ?? 0)), 9) : undefined,
  };
  return definedFields({ ...sum, ...figures });
}

/** Rounded to milliseconds or billionths of a dollar, which hides what adding binary fractions leaves behind. */
function rounded<Figure extends number | undefined>(value: Figure, digits: number): Figure {
  return (value === undefined ? undefined : Number(value.toFixed(digits))) as Figure;
}
