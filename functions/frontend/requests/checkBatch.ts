import { type Checked, describe, isObject } from "../../../contract/check";
import { limits } from "../../../contract/limits";

/** Checks the frame of a batch, `{jobs: […]}`; each job is checked separately. */
export function checkBatch(value: unknown): Checked<unknown[]> {
  const jobs = isObject(value) ? value.jobs : undefined;
  if (Array.isArray(jobs) && jobs.length >= 1 && jobs.length <= limits.maxBatchJobs) return { ok: true, value: jobs };
  const message = `Expected an array of 1–${limits.maxBatchJobs} jobs, got ${describe(jobs)}`;
  return { ok: false, problems: [{ path: "/jobs", message }] };
}
