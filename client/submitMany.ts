import { randomUUID } from "node:crypto";
import { bytesOf } from "../contract/check";
import { inBatches } from "../contract/inBatches";
import { limits } from "../contract/limits";
import { type BatchResult, readBatchResults } from "./answers";
import type { Connection } from "./connection/connection";
import { retry } from "./connection/retry";
import { inParallel } from "./inParallel";
import type { SubmitOutcome } from "./job";
import { gatewayCodes } from "./problemCode";
import type { SubmissionBody } from "./submissionBody";

/**
 * A body reaches the function as a string inside JSON, in an event of at most 6 MB ("Lambda quotas"); less a margin.
 */
const maxBodyBytes = 5_000_000;

/** Rounds in which jobs that the API could not take at that moment are resent. */
const rounds = 6;
const batchesAtOnce = 4;

/**
 * Submits any number of jobs in batches, and returns the outcome of each, in order. Every job gets an id here, so that
 * those that the API could not take at that moment can be resent alone.
 *
 * @throws what {@link Connection.request} throws; it is then unknown which jobs were accepted, and safe to submit them
 * again under the same ids.
 */
export async function submitMany(
  connection: Connection,
  submissions: SubmissionBody[],
  signal?: AbortSignal,
): Promise<SubmitOutcome[]> {
  const jobs = submissions.map((body) => ({ ...body, id: body.id ?? randomUUID() }));
  const most = { count: limits.maxBatchJobs, bytes: maxBodyBytes };
  const batches = inBatches(jobs, most, (job) => bytesOf(JSON.stringify(JSON.stringify(job))) + 1);
  const outcomes = await inParallel(batches, batchesAtOnce, (batch) => submitBatch(connection, batch, signal));
  return outcomes.flat();
}

type IdentifiedBody = SubmissionBody & { id: string };

async function submitBatch(connection: Connection, jobs: IdentifiedBody[], signal?: AbortSignal) {
  const results: BatchResult[] = [];
  let pending = [...jobs.keys()];
  const round = async () => {
    const body = { jobs: pending.map((index) => jobs[index]) };
    const answer = await connection.request({ method: "POST", path: "jobs/batch", body, signal });
    const answered = readBatchResults(answer, pending.length);
    pending.forEach((index, place) => (results[index] = answered[place]!));
    pending = pending.filter((index) => results[index]!.status >= 500);
    if (pending.length > 0) throw new StillPending();
  };
  await retry(round, {
    maxAttempts: rounds,
    backoffMilliseconds: { first: 1_000, longest: 5_000 },
    signal,
    shouldRetry: (error) => error instanceof StillPending,
  }).catch((error: unknown) => {
    if (!(error instanceof StillPending)) throw error;
  });
  return results.map((result, index) => outcomeOf(result, jobs[index]!.id));
}

class StillPending extends Error {}

function outcomeOf({ status, problem }: BatchResult, id: string): SubmitOutcome {
  if (status === 202) return { id, isAccepted: true };
  const unsaid = { code: gatewayCodes.unavailable, status, detail: "The API did not say why" };
  return { id, isAccepted: false, problem: problem ?? unsaid };
}
