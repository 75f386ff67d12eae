import { type FieldProblem, isObject } from "../../../contract/check";
import { idPattern } from "../../../contract/limits";
import { checkRequestTime } from "../../../contract/messages/envelope";
import type { JobState } from "../../../contract/records/record";

/** A job's place in the list: newest first, then by descending id. */
export interface Place {
  /** Time of the job's submission; of its end in lists of failed or cancelled jobs. */
  at: string;
  id: string;
}

/** The query parameters of `GET /jobs`. */
export interface ListQuery {
  type?: string;
  state?: JobState;
  tenant?: string;
  label?: string;
  from?: string;
  to?: string;
  limit?: number;
  /** Place of the last job of the previous page. */
  cursor?: string;
}

/** Problems of the range of times, whose paths begin with the prefix. */
export function checkTimes({ from, to }: Pick<ListQuery, "from" | "to">, prefix = ""): FieldProblem[] {
  const problems = Object.entries({ from, to }).flatMap(([name, time]) =>
    time === undefined ? [] : checkRequestTime(prefix + name, time),
  );
  if (problems.length > 0 || !(Date.parse(from!) > Date.parse(to!))) return problems;
  return [{ path: `${prefix}to`, message: `Expected a time from \`from\` on, got ${to}` }];
}

/** The place as an opaque text that fits into a URL. */
export function encodeCursor({ at, id }: Place): string {
  return Buffer.from(JSON.stringify({ at, id })).toString("base64url");
}

/** The place of a cursor; undefined if no answer had it. */
export function decodeCursor(cursor: string): Place | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (!isObject(place)) return undefined;
    const { at, id } = place;
    return isKeyText(at) && isKeyText(id) && idPattern.test(id) ? { at, id } : undefined;
  } catch {
    return undefined;
  }
}

/** True if DynamoDB takes it as a key: an odd record must not make its cursor invalid. */
function isKeyText(value: unknown): value is string {
  return typeof value === "string" && /^\P{Surrogate}{1,1024}$/su.test(value) && Buffer.byteLength(value) <= 1_024;
}
