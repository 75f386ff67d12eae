import { type Checked, describe, type FieldProblem, isObject } from "../../../contract/check";
import { limits } from "../../../contract/limits";

/** A retry's parameters beside its path. */
export interface Retry {
  /** Ids in a retry of several jobs. */
  ids: string[];
  delaySeconds: number;
}

/** Checks a retry's body, which is optional if the path names the job. */
export function checkRetry(value: unknown, hasIds: boolean): Checked<Retry> {
  const problems: FieldProblem[] = [];
  const refuse = (path: string, what: string, got: unknown) =>
    problems.push({ path, message: `Expected ${what}, got ${describe(got)}` });
  const { ids = [], delaySeconds = 0 } = isObject(value) ? value : {};
  if (!isObject(value)) refuse("", "an object", value);
  const isWhole = typeof delaySeconds === "number" && Number.isInteger(delaySeconds);
  if (!(isWhole && delaySeconds >= 0 && delaySeconds <= limits.maxQueueDelaySeconds)) {
    refuse("/delaySeconds", `a whole number from 0 to ${limits.maxQueueDelaySeconds}`, delaySeconds);
  }
  const list = Array.isArray(ids) && ids.every((id) => typeof id === "string") ? [...new Set(ids)] : undefined;
  const isRight = list && list.length >= 1 && list.length <= limits.maxBatchJobs;
  if (hasIds && !isRight) refuse("/ids", `an array of 1–${limits.maxBatchJobs} ids`, ids);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { ids: list ?? [], delaySeconds: delaySeconds as number } };
}
