import type { JobEnvelope } from "../../contract/messages/envelope";
import type { Payload } from "../../contract/records/payloads";
import type { JobRecord } from "../../contract/records/record";
import type { OutgoingMessage } from "../shared/messages/batches";

/** The table of job records, as far as the front end uses it. */
export interface JobRecords {
  /** Writes the record unless its id is taken; then gives the record that is there. */
  create(record: JobRecord): Promise<JobRecord | undefined>;
  /** The record as of now: one just written is seen. */
  read(id: string): Promise<JobRecord | undefined>;
  /**
   * Cancels a job that waits, or asks the worker of one that runs to: as the record says, which was just read. Gives
   * the record afterwards; nothing if its state has changed since.
   */
  requestCancel(record: JobRecord, now: number, by?: string): Promise<JobRecord | undefined>;
}

/** Users' data of jobs, beside their records. */
export interface JobPayloads {
  /** Keeps the payloads of at most {@link maxKept} jobs, again if they were kept before. */
  keep: (envelopes: JobEnvelope[]) => Promise<void>;
  /** The payload as of now; undefined if it is not kept, or no longer. */
  read(job: Pick<JobRecord, "id" | "type">): Promise<Payload | undefined>;
}

/** Items that a call of BatchWriteItem takes. */
export const maxKept = 25;

/** Publishes one batch, at most what SNS takes in a call: for each message nothing, or the error it failed with. */
export type Publish = (messages: OutgoingMessage[]) => Promise<(Error | undefined)[]>;

/** The schedules of jobs that are far ahead. */
export interface JobScheduler {
  /** Has a job published when its time comes. Asked again for the same job, it changes nothing. */
  schedule(envelope: JobEnvelope): Promise<void>;
  /** Removes the job's schedule, if it is still there. */
  unschedule(id: string): Promise<void>;
}
