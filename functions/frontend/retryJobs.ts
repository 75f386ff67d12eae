import { describe } from "../../contract/check";
import { type ProblemDocument, problemOf } from "../../contract/http/problem";
import { idPattern } from "../../contract/limits";
import { aboutJobs, errorFields, type Log } from "../../contract/log";
import type { RedriveOutcomes } from "../../contract/messages/redrive";
import type { JobRecord } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import { mapLimited } from "../shared/mapLimited";
import type { RedriveLetters } from "./effects";
import type { JobRecords } from "./effects";

export interface RetryEffects {
  records: Pick<JobRecords, "read">;
  redrive: RedriveLetters;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/** Outcome of retrying a job. */
export type RetryOutcome = { id: string; record: JobRecord } | { id: string; problem: ProblemDocument };

const readsAtOnce = 50;

/** Runs failed jobs again, under their ids and with attempts counted from zero, by sending their dead letters back. */
export async function retryJobs(effects: RetryEffects, ids: string[], delaySeconds: number): Promise<RetryOutcome[]> {
  const { records, redrive, now, log } = effects;
  const found = await mapLimited(ids, readsAtOnce, async (id): Promise<RetryOutcome> => {
    const record = idPattern.test(id) ? await records.read(id) : undefined;
    if (!record) return { id, problem: problemOf("job-not-found", `No job has the id ${describe(id)}`) };
    const problem = whyNot(recordAsRead(record, now()));
    return problem ? { id, problem } : { id, record };
  });
  const idsByType = new Map<string, string[]>();
  for (const each of found) {
    if ("record" in each) idsByType.set(each.record.type, [...(idsByType.get(each.record.type) ?? []), each.id]);
  }
  const outcomes: RedriveOutcomes = {};
  for (const [type, ofType] of idsByType) {
    try {
      Object.assign(outcomes, await redrive({ type, ids: ofType, delaySeconds }));
    } catch (error) {
      log("error", "jobs-not-sent-back", { ...aboutJobs(ofType, type), ...errorFields(error) });
    }
  }
  return mapLimited(found, readsAtOnce, async (each): Promise<RetryOutcome> => {
    const { id } = each;
    if ("problem" in each) return each;
    if (outcomes[id] === "sent") return { id, record: (await records.read(id)) ?? each.record };
    if (outcomes[id] === "absent") return { id, problem: notKept(id) };
    return { id, problem: problemOf("unavailable", `The dead letter of job ${id} was out of reach; try again`) };
  });
}

function whyNot({ id, state }: JobRecord): ProblemDocument | undefined {
  if (state === "failed") return undefined;
  if (state === "cancelled") return notKept(id);
  return problemOf(state === "succeeded" ? "job-succeeded" : "job-not-ended", `Job ${id} is ${state}, not failed`);
}

function notKept(id: string): ProblemDocument {
  const hint =
    "submit it again under another id; a dead letter that is there all the same is sent back by `dead-letters redrive --direct`";
  return problemOf("payload-not-kept", `The payload of job ${id} is not kept, since it has no dead letter: ${hint}`);
}
