import { describe } from "../../contract/check";
import type { Job } from "../../contract/http/answers";
import { type JobRecord, jobStates } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";

/** A job as the API shows it. */
export function jobView(record: JobRecord, waiting?: Waiting): Job {
  const { id, tenant, labels, submittedBy, replayOf, attempts, checkpointAt, progress, result, resultOmitted } = record;
  const { notBefore: runAt, startedAt, finishedAt, cancelRequestedAt, cancelledBy, retries, retriedAt } = record;
  const { retriedBy, dataRemovedAt, dataRemovedBy, attemptLog } = record;
  const { type, state, submittedAt, error, unreadable } = withoutNonsense(record);
  return {
    ...{ id, type, state, waiting, tenant, labels, attempts, checkpointAt, progress, result, resultOmitted, error },
    ...{ submittedAt, submittedBy, replayOf, runAt, startedAt, finishedAt, cancelRequestedAt, cancelledBy },
    ...{ retries, retriedAt, retriedBy, dataRemovedAt, dataRemovedBy, attemptLog, unreadable },
  };
}

/** No worker takes a job whose state is unreadable: it has failed, and the view says why. */
function withoutNonsense(
  record: JobRecord,
): Pick<JobRecord, "type" | "state" | "error" | "unreadable" | "submittedAt"> {
  const { type, state, submittedAt, error, unreadable } = record;
  const isKnown = { type: Boolean(type), state: jobStates.includes(state), submittedAt: Boolean(submittedAt) };
  const wrong = (["type", "state", "submittedAt"] as const).filter((field) => !isKnown[field]);
  if (wrong.length === 0) return { type, state, submittedAt, error, unreadable };
  const got = wrong.map((field) => `${field} ${describe(record[field])}`).join(", ");
  return {
    type: type ?? "",
    state: isKnown.state ? state : "failed",
    submittedAt: submittedAt ?? "",
    error: { name: "UnreadableRecord", message: `Expected a record with type, state and submittedAt, got ${got}` },
    unreadable: [...(unreadable ?? []), ...wrong],
  };
}
