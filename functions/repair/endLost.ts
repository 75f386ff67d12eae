import type { JobType } from "../../contract/jobType";
import { errorFields } from "../../contract/log";
import { listKeysOf } from "../../contract/records/listKey";
import { lostAfterSeconds, recordAsRead } from "../../contract/records/recordAsRead";
import { mapLimited } from "../shared/mapLimited";
import { type RepairEffects } from "./effects";
import type { FailedRecords } from "./failedRecords";

type EndLostEffects = Pick<RepairEffects, "announce" | "now" | "random" | "log"> & { records: FailedRecords };

const roundMilliseconds = 3_600_000;

/** Pages of the index per run. 200 types, of which no job is old, take 40 runs. */
const pagesPerRun = 40;

const recordsAtOnce = 10;

/**
 * Fails the jobs whose messages are gone and that nothing else would end: those that read as failed but aren't recorded
 * so. It reads the oldest jobs of all types once an hour, some in each run, and remembers its position.
 */
export function createEndLost({ records, announce, now, random, log }: EndLostEffects) {
  let listKeys: string[] = [];
  let start: unknown;
  let nextRound = 0;

  /** State, event, expiry: in that order, so that a later round publishes the event wherever this one is cut off. */
  async function end(id: string): Promise<boolean> {
    try {
      const record = await records.read(id);
      const ended = record && recordAsRead(record, now());
      if (ended?.state !== "failed" || ended.expiresAt !== undefined) return false;
      if (!(await records.fail(ended, now(), false))) return false;
      await announce?.(ended);
      await records.fail(ended, now(), true);
      log("info", "lost-job-ended", { jobId: id, jobType: ended.type, error: ended.error });
      return true;
    } catch (error) {
      log("error", "lost-job-not-ended", { jobId: id, ...errorFields(error) });
      throw error;
    }
  }

  /** Returns the number of jobs it ended. A page with a failure is left for the next round. */
  return async function endLost(jobTypes: JobType[], hasTime: () => boolean): Promise<number> {
    if (listKeys.length === 0 && now() >= nextRound) {
      const all = jobTypes.flatMap(({ type }) => listKeysOf(type));
      // At a random place: even environments that last for one run cover all types in time.
      const first = Math.floor(random() * all.length);
      listKeys = [...all.slice(first), ...all.slice(0, first)];
      nextRound = now() + roundMilliseconds;
    }
    const before = new Date(now() - lostAfterSeconds * 1_000).toISOString();
    let count = 0;
    for (let page = 0; page < pagesPerRun && listKeys.length > 0 && hasTime(); page++) {
      const { ids, next } = await records.oldest(listKeys[0]!, before, start);
      start = next;
      if (next === undefined) listKeys.shift();
      const outcomes = await mapLimited(ids, recordsAtOnce, end);
      count += outcomes.filter(Boolean).length;
    }
    return count;
  };
}
