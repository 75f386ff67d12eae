import { actionStates } from "../../../contract/http/jobFilter";
import type { ProblemCode } from "../../../contract/http/problem";
import { isFinal, type JobRecord } from "../../../contract/records/record";
import type { ActionRequest } from "./actions";

/**
 * The reason why an action leaves a job as it is; undefined if it acts on it, or did. It is for jobs that were in its
 * states when it started: what happens to a job after that, another action included, counts more.
 */
export function whyNot(
  { id, action, startedAt, tenant }: ActionRequest,
  record: JobRecord | undefined,
): ProblemCode | undefined {
  if (!record || (tenant !== undefined && record.tenant !== tenant)) return "job-not-found";
  const { state, submittedAt, finishedAt = submittedAt, retriedAt, retryKey, cancelRequestedAt } = record;
  if (action === "retry" && retryKey === id) return undefined;
  const isCancelled = action === "cancel" && cancelRequestedAt !== undefined && cancelRequestedAt >= startedAt;
  if (!isCancelled && !actionStates[action].includes(state)) {
    return action === "cancel" ? "job-finished" : state === "succeeded" ? "job-succeeded" : "job-not-ended";
  }
  const since = isFinal(state) && !isCancelled ? finishedAt : submittedAt;
  if (since <= startedAt && !(retriedAt !== undefined && retriedAt > startedAt)) return undefined;
  return isFinal(state) ? "job-not-ended" : "job-finished";
}
