import { setTimeout as sleep } from "node:timers/promises";
import type { DeadLetterOutcome, JobClient, RedriveOptions, Refusal } from "../../client/index";
import { JobProblemError } from "../../client/index";
import { CommandError, exitCodes } from "../exitCodes";

/** Outcome of retrying jobs. */
export interface RetriedJobs extends DeadLetterOutcome {
  /** Reasons why named jobs don't run again, for instance since they have not failed. */
  refusals: Refusal[];
}

/** Jobs per request, at most. */
const mostAtOnce = 100;

/** Codes of jobs that can't be retried since they are gone. */
const missingCodes: readonly string[] = ["job-not-found", "payload-not-kept"];

/**
 * Has the API retry failed jobs: those named, or all of a type or of all types. Named jobs without a record, without a
 * dead letter or of another type count as missing.
 */
export async function retryFailed(client: JobClient, options: RedriveOptions): Promise<RetriedJobs> {
  const { ids, signal, onProgress, ratePerSecond = Infinity } = options;
  const outcome: RetriedJobs = { count: 0, missing: [], hidden: 0, refusals: [] };
  const portion = Math.max(1, Math.min(mostAtOnce, Math.floor(ratePerSecond)));
  try {
    const wanted = ids ? [...new Set(ids)] : await failedIds(client, options);
    const start = performance.now();
    for (let index = 0; index < wanted.length; index += portion) {
      const wait = start + (index / ratePerSecond) * 1_000 - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal });
      const named = wanted.slice(index, index + portion);
      const present = ids ? await ofType(client, named, options) : named;
      if (ids) outcome.missing.push(...named.filter((id) => !present.includes(id)));
      if (present.length === 0) continue;
      for (const result of await client.retryMany(present, { signal })) {
        if (result.isAccepted) outcome.count++;
        else if (result.problem.status === 503) outcome.hidden++;
        // If all failed jobs were meant, one that others have retried or removed meanwhile is no failure.
        else if (ids && missingCodes.includes(result.problem.code)) outcome.missing.push(result.id);
        else if (ids) outcome.refusals.push(result.problem);
      }
      onProgress?.(outcome.count);
    }
  } catch (error) {
    throw explained(error);
  }
  return outcome;
}

/** The ids whose jobs are of the type, if one is given. */
async function ofType(client: JobClient, ids: string[], { type, signal }: RedriveOptions): Promise<string[]> {
  if (type === undefined) return ids;
  const jobs = await Promise.all(
    ids.map((id) =>
      client.get(id, { signal }).catch((error: unknown) => {
        if (!(error instanceof JobProblemError && error.code === "job-not-found")) throw error;
      }),
    ),
  );
  return ids.filter((_id, index) => jobs[index]?.type === type);
}

async function failedIds(client: JobClient, { type, signal }: RedriveOptions): Promise<string[]> {
  const known = (await client.types({ signal })).map((each) => each.type);
  if (type !== undefined && !known.includes(type)) throw new Error(`There is no job type ${JSON.stringify(type)}`);
  const ids: string[] = [];
  for (const each of type === undefined ? known : [type]) {
    let cursor: string | undefined;
    do {
      const page = await client.list({ type: each, state: "failed", limit: 100, cursor, signal });
      ids.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return ids;
}

/** An API without records still has dead letters. */
function explained(error: unknown): unknown {
  if (!(error instanceof JobProblemError && error.code === "tracking-off")) return error;
  return new CommandError(error.message, exitCodes.failed, "--direct sends dead letters back without records, by SQS");
}
