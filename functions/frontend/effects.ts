import type { JobEnvelope } from "../../contract/messages/envelope";
import type { Redrive, RedriveOutcomes } from "../../contract/messages/redrive";
import type { Payload } from "../../contract/records/payloads";
import type { JobRecord } from "../../contract/records/record";
import type { OutgoingMessage } from "../shared/messages/batches";
import type { RequeueRecord } from "../shared/requeueRecord";

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
  requeue: RequeueRecord;
}

/** Users' data of jobs, beside their records. */
export interface JobPayloads {
  /** Keeps the payloads of at most {@link maxKept} jobs, again if they were kept before. */
  keep: (envelopes: JobEnvelope[]) => Promise<void>;
  /** The payload as of now; undefined if it is not kept, or no longer. */
  read(job: Pick<JobRecord, "id" | "type">): Promise<Payload | undefined>;
  /** Reads the payload, and keeps it as long as that of a job that begins at that time, in epoch milliseconds. */
  renew(job: Pick<JobRecord, "id" | "type">, from: number): Promise<Payload | undefined>;
  /** Removes payload and checkpoint. */
  remove(job: Pick<JobRecord, "id" | "type">): Promise<void>;
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

/** Has dead letters sent back to their queue; whoever holds the right to the queues does it. */
export type RedriveLetters = (redrive: Redrive["redrive"]) => Promise<RedriveOutcomes>;
