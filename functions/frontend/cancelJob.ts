import { type ProblemDocument, problemOf } from "../../contract/http/problem";
import { idPattern } from "../../contract/limits";
import { isFinal, type JobRecord } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import type { JobRecords } from "./effects";
import { jobNotFound } from "./jobNotFound";

/** A worker may change the record meanwhile, but not this often. */
const maxTries = 5;

/**
 * Cancels a job: a waiting job has thereby ended and never runs; the worker of a running one learns of it with its next
 * heartbeat. The first state that is recorded counts.
 */
export async function cancelJob(
  { records, now }: { records: JobRecords; now: () => number },
  id: string,
  by?: string,
): Promise<{ record: JobRecord } | { problem: ProblemDocument }> {
  for (let tries = 0; tries < maxTries; tries++) {
    const record = idPattern.test(id) ? await records.read(id) : undefined;
    if (!record) return { problem: jobNotFound(id) };
    const { state } = recordAsRead(record, now());
    if (isFinal(state))
      return {
        problem: problemOf(
          "job-finished",
          `Expected a job that waits or runs, got ${id}, which has already ${endings[state]}`,
        ),
      };
    const written = await records.requestCancel(record, now(), by);
    if (written) return { record: written };
  }
  throw new Error(`The record of job ${id} changed ${maxTries} times while it was to be cancelled`);
}

const endings = { queued: "", running: "", succeeded: "succeeded", failed: "failed", cancelled: "been cancelled" };
