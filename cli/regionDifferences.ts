import { createHash } from "node:crypto";
import type { JobType } from "../client/index";

/** A thing that the regions should have alike, with what each has. */
export interface Difference {
  what: string;
  /** Values in the order of the regions. */
  values: string[];
}

/**
 * Differences between the types of several regions: in what callers see of a type, and in schedules, each of which
 * should submit jobs in one region alone.
 */
export function regionDifferences(regions: readonly (readonly JobType[])[]): Difference[] {
  const facts = regions.map((types) => new Map(types.flatMap(factsOf)));
  const names = [...new Set(facts.flatMap((each) => [...each.keys()]))].sort();
  const rows = names.map((what) => ({ what, values: facts.map((each) => each.get(what) ?? "missing") }));
  return rows.filter(({ what, values }) => {
    if (!what.includes(" schedule ") || values.includes("missing")) return new Set(values).size > 1;
    return values.filter((value) => value.startsWith("on ")).length !== 1 || new Set(values.map(timesOf)).size > 1;
  });
}

function factsOf({ type, timeoutSeconds, maxAttempts, payloadSchema, schedules = [] }: JobType): [string, string][] {
  return [
    [type, "there"],
    [`${type} timeoutSeconds`, String(timeoutSeconds)],
    [`${type} maxAttempts`, String(maxAttempts)],
    [`${type} payloadSchema`, payloadSchema === undefined ? "none" : digestOf(payloadSchema)],
    ...schedules.map(({ name, expression, timeZone = "UTC", enabled }): [string, string] => [
      `${type} schedule ${name}`,
      `${enabled === false ? "off" : "on"} ${expression} ${timeZone}`,
    ]),
  ];
}

function timesOf(schedule: string): string {
  return schedule.slice(schedule.indexOf(" "));
}

/** Short name of a value, whatever the order of its fields. */
function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
  return `#${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}
