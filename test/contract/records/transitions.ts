import type { JobRecord, JobState } from "../../../contract/records/record";

/** A change of a job's state in its record, or a step from one attempt to the next within a state. */
export interface Transition {
  event: JobEvent;
  /** Undefined if there was no record. */
  from?: JobState;
  to: JobState;
  by: "front end" | "worker" | "repair" | "removal";
  /** Condition beside the state. */
  when?: (record: JobRecord, now: number) => boolean;
}

/** Events in the life of a job. */
export type JobEvent =
  | "submit"
  | "claim"
  | "suspect"
  | "retry"
  | "give back"
  | "succeed"
  | "fail"
  | "request cancel"
  | "cancel"
  | "give up"
  | "redrive";

const hasEnded = ({ leaseUntil = 0 }: JobRecord, now: number) => leaseUntil <= now;
const isWanted = ({ cancelRequestedAt }: JobRecord) => cancelRequestedAt === undefined;

/** All changes that any part of the system makes; docs/api.md draws them, and a property holds the parts to them. */
export const transitions: readonly Transition[] = [
  { event: "submit", to: "queued", by: "front end" },
  // A message published straight to the topic has no record until a worker takes it.
  { event: "claim", to: "running", by: "worker" },
  { event: "claim", from: "queued", to: "running", by: "worker", when: isWanted },
  {
    event: "claim",
    from: "running",
    to: "running",
    by: "worker",
    when: (record, now) => hasEnded(record, now) && isWanted(record),
  },
  {
    event: "suspect",
    from: "running",
    to: "queued",
    by: "worker",
    when: (record, now) => hasEnded(record, now) && isWanted(record),
  },
  { event: "retry", from: "running", to: "queued", by: "worker" },
  { event: "give back", from: "running", to: "queued", by: "worker" },
  { event: "succeed", from: "running", to: "succeeded", by: "worker" },
  { event: "fail", from: "running", to: "failed", by: "worker" },
  { event: "request cancel", from: "queued", to: "cancelled", by: "front end" },
  { event: "request cancel", from: "running", to: "running", by: "front end" },
  { event: "cancel", from: "queued", to: "cancelled", by: "worker", when: (record) => !isWanted(record) },
  { event: "cancel", from: "running", to: "cancelled", by: "worker" },
  { event: "give up", from: "queued", to: "failed", by: "repair" },
  { event: "give up", from: "running", to: "failed", by: "repair", when: hasEnded },
  // By the API. For a dead letter that a user sent back to the queue, only the worker changes the record.
  { event: "redrive", from: "failed", to: "queued", by: "removal" },
  { event: "redrive", from: "failed", to: "running", by: "worker" },
  // From the kept payload, by a message that names this end.
  { event: "redrive", from: "cancelled", to: "queued", by: "front end" },
  { event: "redrive", from: "cancelled", to: "running", by: "worker" },
];

/**
 * The states that the event may leave a job in, given its record before, if there was one; empty if it has no effect.
 */
export function statesAfter(event: JobEvent, record: JobRecord | undefined, now: number): JobState[] {
  return transitions
    .filter(
      ({ event: of, from, when }) =>
        of === event && from === record?.state && (!record || (when?.(record, now) ?? true)),
    )
    .map(({ to }) => to);
}
