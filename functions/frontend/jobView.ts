import type { JobRecord } from "../../contract/record";

export const deploymentOnlyModule = true;

/** What the API shows of a job. */
export function jobView(record: JobRecord) {
  const { id, type, state, attempts, progress, result, error } = record;
  const { submittedAt, notBefore: runAt, startedAt, finishedAt, cancelRequestedAt } = record;
  return {
    ...{ id, type, state, attempts, progress, result, error },
    ...{ submittedAt, runAt, startedAt, finishedAt, cancelRequestedAt },
  };
}
