import { describe } from "../../../contract/check";
import type { JobLogs } from "../../../contract/http/answers";
import { problemOf } from "../../../contract/http/problem";
import { idPattern } from "../../../contract/limits";
import { isFinal, type JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import { jobNotFound } from "../../frontend/jobNotFound";
import { wrongShape } from "../../frontend/requests/readFields";
import { answer, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { RecordTable } from "../../shared/tables/recordTable";
import { lineOf } from "../logs/lineOf";
import type { FilterLogs, GroupRead, LogPlace } from "../logs/logEvent";
import { decodePlaces, encodePlaces, placeAfter } from "../logs/logPlace";
import { readGroup } from "../logs/readGroup";
import type { Answerers } from "./answerer";

export interface LogEffects {
  /** Undefined if jobs are not tracked. */
  records: Pick<RecordTable, "read"> | undefined;
  jobTypes: Pick<JobTypes, "find">;
  filterLogs: FilterLogs;
  /** Log group of the functions. */
  functionLogGroup: string;
  /** Reserves the seconds for calls to CloudWatch Logs; false if others have reserved the present one. */
  reserveSeconds: (seconds: number) => Promise<boolean>;
  pause: (milliseconds: number) => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Clocks of instances and functions differ by less. */
const skewMilliseconds = 60_000;

/** Lines arrive within that time after a job's end; with the end's own line all have. */
const arrivalMilliseconds = 15_000;

const ends = ["job-succeeded", "job-failed", "job-cancelled"];

/** Attempts that a record has the workers of. */
const maxLoggedAttempts = 10;

const defaultLimit = 100;

/**
 * Reads a job's lines within the record's times and the streams of its attempts. A caller who follows a running job
 * costs one call, since functions have nothing to say until its state changes.
 */
export function createLogAnswerers(effects: LogEffects): Answerers<"getLogs"> {
  const { records, jobTypes, functionLogGroup, reserveSeconds, now } = effects;

  return {
    async getLogs({ parameter: id, query, caller: { tenant } }) {
      const { after, limit = defaultLimit } = query as { after?: string; limit?: number };
      const stored = idPattern.test(id) ? await records!.read(id) : undefined;
      if (!stored || (tenant !== undefined && stored.tenant !== tenant)) {
        return refuse(jobNotFound(id));
      }
      const start = Math.max(0, Date.parse(stored.submittedAt) - skewMilliseconds);
      const places = after === undefined ? [start, start].map((from) => ({ from, seen: [] })) : decodePlaces(after, 2);
      if (!places) {
        const message = `Expected the \`cursor\` of an answer before, got ${describe(after)}`;
        return refuse(wrongShape([{ path: "after", message }]));
      }
      const record = recordAsRead(stored, now());
      const isRunning = record.state === "running";
      const endedAt = isFinal(record.state) ? Date.parse(record.finishedAt ?? "") || 0 : undefined;
      const until = endedAt === undefined ? undefined : Math.max(endedAt, start) + 2 * skewMilliseconds;
      const group = (await jobTypes.find(record.type))?.logGroup;
      const streams = isRunning && after !== undefined ? [record.worker!] : workersOf(record);
      const search = { text: id, limit, until };
      const wanted = [
        ...(isRunning && after !== undefined ? [] : [{ index: 0, search: { ...search, group: functionLogGroup } }]),
        ...(group && streams?.length !== 0 ? [{ index: 1, search: { ...search, group, streams } }] : []),
      ];
      if (!(await reserveSeconds(wanted.length))) {
        const detail = "Expected a second since the logs of this processor were read, got less";
        return refuse(problemOf("too-many-requests", detail), { "retry-after": "2" });
      }
      const reads: GroupRead[] = [];
      for (const { index, search: each } of wanted) reads[index] = await readGroup(effects, places[index]!, each);
      return answer(200, pageOf(reads, places, limit, endedAt));
    },
  };

  function pageOf(reads: GroupRead[], places: LogPlace[], limit: number, endedAt: number | undefined): JobLogs {
    const read = reads.filter(Boolean);
    const horizon = Math.min(...read.map(({ isCut, events }) => (isCut ? events.at(-1)!.timestamp : Infinity)));
    const fresh = read.flatMap((each) => each.fresh).sort((one, other) => one.timestamp - other.timestamp);
    const given = fresh.filter(({ timestamp }) => timestamp <= horizon).slice(0, limit);
    const hasMore = horizon < Infinity || given.length < fresh.length;
    const lines = given.map(lineOf).sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
    const hasEnd = read.some(({ events }) => events.some((event) => ends.includes(lineOf(event).event)));
    const age = endedAt === undefined ? 0 : now() - endedAt;
    const isDone =
      endedAt !== undefined &&
      !hasMore &&
      (age > skewMilliseconds || (lines.length === 0 && (hasEnd || age > arrivalMilliseconds)));
    if (isDone) return { lines };
    const all = new Set(given);
    const next = places.map((place, index) => {
      const each = reads[index];
      return each ? placeAfter(each, all, now()) : place;
    });
    return { lines, cursor: encodePlaces(next), ...(hasMore && { more: true }) };
  }
}

/** Workers that had the job; undefined if there were more than the record says. */
function workersOf({ attemptLog = [], worker }: JobRecord): string[] | undefined {
  if (attemptLog.length >= maxLoggedAttempts) return undefined;
  return [...new Set([...attemptLog.map((each) => each.worker), ...(worker === undefined ? [] : [worker])])];
}
