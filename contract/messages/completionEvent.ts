import { encodeJson } from "../check";
import type { Labels } from "../labels";
import type { JobError, JobRecord, JobState, OmittedResult } from "../records/record";
import { attributes, type StringAttribute, stringAttributes } from "./attributes";

/** Event published once a job has reached a final state, at least once: a crash between the two repeats it. */
export interface CompletionEvent {
  id: string;
  type: string;
  state: JobState;
  attempts: number;
  /** ISO 8601, UTC. */
  submittedAt: string;
  finishedAt: string;
  labels?: Labels | undefined;
  /** Error of the last attempt, if it failed. */
  error?: JobError | undefined;
  /** Present if the result was too large to be kept. */
  resultOmitted?: OmittedResult | undefined;
}

/** The event of a record in a final state. */
export function completionEventOf({
  id,
  type,
  state,
  attempts,
  submittedAt,
  finishedAt = submittedAt,
  labels,
  error,
  resultOmitted,
}: JobRecord): CompletionEvent {
  return { id, type, state, attempts, submittedAt, finishedAt, labels, error, resultOmitted };
}

/** The event as an SNS message, with type and state as attributes for filters. */
export function eventMessage(event: CompletionEvent): { body: string; attributes: Record<string, StringAttribute> } {
  const { type, state } = event;
  return {
    body: encodeJson(event),
    attributes: stringAttributes({ [attributes.type]: type, [attributes.state]: state }),
  };
}
