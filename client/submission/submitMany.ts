import { randomUUID } from "node:crypto";
import { bytesOf } from "../../contract/check";
import { inBatches } from "../../contract/inBatches";
import { limits } from "../../contract/limits";
import { type BatchResult, readBatchResults } from "../answers";
import type { Connection } from "../connection/connection";
import type { Origins, Place } from "../connection/origins";
import { retry } from "../connection/retry";
import { ConnectionError, JobProblemError } from "../errors";
import { inParallel } from "../inParallel";
import type { SubmitOutcome } from "../job";
import { gatewayCodes } from "../problemCode";
import { withUpload } from "./largeValues";
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
  origins: Origins,
  submissions: SubmissionBody[],
  signal?: AbortSignal,
): Promise<SubmitOutcome[]> {
  const jobs = submissions.map((body) => ({ ...body, id: body.id ?? randomUUID() }));
  const most = { count: limits.maxBatchJobs, bytes: maxBodyBytes };
  const batches = inBatches(jobs, most, (job) => bytesOf(JSON.stringify(JSON.stringify(job))) + 1);
  const outcomes = await inParallel(batches, batchesAtOnce, (batch) => submitBatch(origins, batch, signal));
  return outcomes.flat();
}

type IdentifiedBody = SubmissionBody & { id: string };

/** Uploads the batch's large payloads one by one: a submission stands beside its payload, in the same region. */
async function submitBatch(origins: Origins, jobs: IdentifiedBody[], signal?: AbortSignal): Promise<SubmitOutcome[]> {
  const results = jobs.map((): BatchResult => ({ status: 503 }));
  const submit = async (api: Connection, place: Place) => {
    const pending = new Map<number, IdentifiedBody>();
    for (const [index, { status }] of results.entries()) {
      if (status < 500) continue;
      const body = await withUpload(api, jobs[index]!, signal).catch((error: unknown) => {
        if (!(error instanceof JobProblemError)) throw error;
        const problem = { ...error, detail: error.message, errors: [...error.errors] };
        results[index] = { status: error.status, problem };
      });
      if (body) pending.set(index, body);
    }
    const round = async (longestMilliseconds: number) => {
      if (pending.size === 0) return;
      const body = { jobs: [...pending.values()] };
      const request = { method: "POST", path: "jobs/batch", body, longestMilliseconds, signal } as const;
      const answered = await api.request(request, readBatchResults(pending.size));
      for (const index of [...pending.keys()]) {
        const result = answered.shift()!;
        results[index] = { ...result, ...place };
        if (result.status < 500) pending.delete(index);
      }
      if (pending.size > 0) throw new StillPending();
    };
    await retry(round, {
      maxAttempts: Math.min(rounds, api.maxAttempts),
      longestMilliseconds: api.longestMilliseconds,
      backoffMilliseconds: { first: 1_000, longest: 5_000 },
      signal,
      shouldRetry: (error) => error instanceof StillPending,
    });
    if (results.some(({ status }) => status >= 500)) throw new StillPending();
  };
  await origins.submit(submit).catch((error: unknown) => {
    if (!(error instanceof StillPending)) throw error;
  });
  return results.map((result, index) => outcomeOf(result, jobs[index]!.id));
}

/** Jobs that the API could not take: it has failed. */
class StillPending extends ConnectionError {}

function outcomeOf({ status, problem, url }: BatchResult, id: string): SubmitOutcome {
  if (status === 202) return { id, isAccepted: true, ...(url !== undefined && { url }) };
  const unsaid = { code: gatewayCodes.unavailable, status, detail: "The API did not say why" };
  return { id, isAccepted: false, problem: problem ?? unsaid };
}
