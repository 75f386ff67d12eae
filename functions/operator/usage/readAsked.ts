import { describe, type FieldProblem, jsonOf } from "../../../contract/check";
import { usageDay, usageDays, type UsageDimension } from "../../../contract/fleet/usage";
import type { UsageKind, UsageQuestion } from "../../../contract/http/usageReport";
import { typePattern } from "../../../contract/limits";
import { type Days, usageRange } from "../services/readUsage";

/** The query parameters of `GET /usage`, as its route's schemas say. */
export type UsageQuery = UsageQuestion & { cursor?: string };

/** Place in the types' usage, in the order of their names: a type, and the sort key after which to go on. */
export interface UsagePlace {
  type: string;
  after?: string | undefined;
}

export interface AskedUsage {
  by: UsageKind;
  dimension: UsageDimension;
  days: Days;
  place?: UsagePlace | undefined;
}

const dayMilliseconds = 86_400_000;

/** The question with what it left out filled in: by type, and the days of this month until today. */
export function readAsked(query: UsageQuery, now: number): AskedUsage | { problems: FieldProblem[] } {
  const { by = "type", label, cursor } = query;
  const today = usageDay(now);
  const to = query.to ?? today;
  const from = query.from ?? `${to.slice(0, 8)}01`;
  const earliest = usageDay(now - usageDays * dayMilliseconds);
  const dimension: UsageDimension = by === "label" ? `label:${label}` : by;
  const place = cursor === undefined ? undefined : decodePlace(cursor, dimension, { from, to });
  const expected = (path: string, what: string, value: unknown): FieldProblem[] => [
    { path, message: `Expected ${what}, got ${describe(value)}` },
  ];
  const areDays = isDay(from) && isDay(to);
  const problems = [
    ...(by === "label" && label === undefined ? expected("label", "the name of a label with by=label", label) : []),
    ...(by !== "label" && label !== undefined ? expected("label", "none without by=label", label) : []),
    ...(isDay(to) ? [] : expected("to", "a day such as 2026-11-30", to)),
    ...(isDay(from) || query.from === undefined ? [] : expected("from", "a day such as 2026-11-01", from)),
    ...(areDays && to < from ? expected("to", `a day from ${from} on`, to) : []),
    ...(areDays && to >= from && from < earliest
      ? expected("from", `a day from ${earliest} on, since usage is kept for ${usageDays} days`, from)
      : []),
    ...(areDays && cursor !== undefined && !place ? expected("cursor", "the cursor of an answer before", cursor) : []),
  ];
  return problems.length > 0 ? { problems } : { by, dimension, days: { from, to }, place };
}

/** The place as an opaque text that fits into a URL. */
export function encodePlace({ type, after }: UsagePlace): string {
  return Buffer.from(JSON.stringify([type, after])).toString("base64url");
}

/** The place of a cursor; undefined if no answer to this question had it. */
function decodePlace(cursor: string, dimension: UsageDimension, days: Days): UsagePlace | undefined {
  const place = jsonOf(Buffer.from(cursor, "base64url").toString());
  const [type, after] = Array.isArray(place) ? (place as unknown[]) : [];
  if (typeof type !== "string" || !typePattern.test(type)) return undefined;
  // An array's undefined is null in JSON.
  if (after === null) return { type };
  const [first, last] = usageRange(dimension, days);
  // DynamoDB takes no other start, nor one that is longer.
  const isWithin = typeof after === "string" && after >= first && after < last && Buffer.byteLength(after) <= 1_024;
  return isWithin ? { type, after } : undefined;
}

/** True for a date that is in the calendar. */
function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isReal(new Date(text), text);
}

/** `Date` reads 30 February as 2 March. */
function isReal(date: Date, text: string): boolean {
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
