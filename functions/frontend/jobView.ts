import { describe } from "../../contract/check";
import type { Job } from "../../contract/http/answers";
import { type JobRecord, jobStates } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";

/** Fields of the record that the API shows as they are, in their order. */
const shown = [
  ...(["id", "type", "state", "waiting", "tenant", "labels", "attempts", "checkpointAt", "progress"] as const),
  ...(["result", "resultOmitted", "error", "submittedAt", "submittedBy", "replayOf", "runAt", "startedAt"] as const),
  ...(["finishedAt", "cancelRequestedAt", "cancelledBy", "retries", "retriedAt", "retriedBy"] as const),
  ...(["dataRemovedAt", "dataRemovedBy", "attemptLog", "usage", "unreadable"] as const),
];

/** A job as the API shows it. */
export function jobView(record: JobRecord, waiting?: Waiting): Job {
  const all = { ...record, ...withoutNonsense(record), waiting, runAt: record.notBefore };
  return Object.fromEntries(shown.map((field) => [field, all[field]])) as unknown as Job;
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
