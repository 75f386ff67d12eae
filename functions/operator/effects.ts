import type { Redrive, RedriveOutcomes } from "../../contract/messages/redrive";
import type { Payload } from "../../contract/records/payloads";
import type { JobRecord } from "../../contract/records/record";

/** Users' data of jobs that have ended. */
export interface EndedPayloads {
  /** Reads the payload, and keeps it as long as that of a job that begins at that time, in epoch milliseconds. */
  renew(job: Pick<JobRecord, "id" | "type">, from: number): Promise<Payload | undefined>;
  /** Removes payload and checkpoint. */
  remove(job: Pick<JobRecord, "id" | "type">): Promise<void>;
}

/** Sends dead letters back to their queue, by the function that has the right to the queues. */
export type RedriveLetters = (redrive: Redrive["redrive"]) => Promise<RedriveOutcomes>;
