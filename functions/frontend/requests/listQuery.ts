import { type Checked, describe, type FieldProblem, isObject } from "../../../contract/check";
import { idPattern, typePattern } from "../../../contract/limits";
import { type JobState, jobStates } from "../../../contract/records/record";

/** A job's place in the list: newest first, then by descending id. */
export interface Place {
  submittedAt: string;
  id: string;
}

/** A parsed query of `GET /jobs`. */
export interface ListQuery {
  type?: string;
  state?: JobState;
  /** 1–100. */
  limit: number;
  /** The last job of the previous page. */
  after?: Place;
}

/** The query parameters as received. */
export interface ListParameters {
  type?: string;
  state?: string;
  limit?: string;
  cursor?: string;
}

const defaultLimit = 20;
const maxLimit = 100;

/** Checks the parameters of `GET /jobs`. */
export function checkListQuery({ type, state, limit, cursor }: ListParameters): Checked<ListQuery> {
  const problems: FieldProblem[] = [];
  const refuse = (path: string, what: string, got: unknown) =>
    problems.push({ path, message: `Expected ${what}, got ${describe(got)}` });
  if (type !== undefined && !typePattern.test(type)) refuse("type", "a job type", type);
  const known = jobStates.find((each) => each === state);
  if (state !== undefined && !known) refuse("state", `one of ${jobStates.join(", ")}`, state);
  const count = limit === undefined ? defaultLimit : /^\d{1,3}$/.test(limit) ? Number(limit) : NaN;
  if (!(count >= 1 && count <= maxLimit)) refuse("limit", `a whole number from 1 to ${maxLimit}`, limit);
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && !after) refuse("cursor", "the `cursor` of an answer before", cursor);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { limit: count, ...(type && { type }), ...(known && { state: known }), after } };
}

/** The place as an opaque text that fits into a URL. */
export function encodeCursor({ submittedAt, id }: Place): string {
  return Buffer.from(JSON.stringify({ submittedAt, id })).toString("base64url");
}

function decodeCursor(cursor: string): Place | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (!isObject(place)) return undefined;
    const { submittedAt, id } = place;
    return isKeyText(submittedAt) && isKeyText(id) && idPattern.test(id) ? { submittedAt, id } : undefined;
  } catch {
    return undefined;
  }
}

/** True if DynamoDB takes it as a key: an odd record must not make its cursor invalid. */
function isKeyText(value: unknown): value is string {
  return typeof value === "string" && /^\P{Surrogate}{1,1024}$/su.test(value) && Buffer.byteLength(value) <= 1_024;
}
