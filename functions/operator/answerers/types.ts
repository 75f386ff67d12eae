import { describe } from "../../../contract/check";
import { readCron } from "../../../contract/cron";
import type { TypeSchedule } from "../../../contract/http/answers";
import { problemOf } from "../../../contract/http/problem";
import type { JobType } from "../../../contract/jobType";
import { typePattern } from "../../../contract/limits";
import { errorFields, type Log } from "../../../contract/log";
import type { ReadFleets } from "../../frontend/services/fleets";
import { answer, type HttpAnswer, refuse } from "../../shared/httpAnswer";
import { mapLimited } from "../../shared/mapLimited";
import type { ReadCounts } from "../../shared/messages/readCounts";
import type { JobTypes } from "../../shared/tables/jobTypes";
import { historyView } from "../historyView";
import type { ReadPast } from "../services/readPast";
import type { RetryLaunches } from "../services/retryLaunches";
import { typeView } from "../typeView";
import type { Answerers } from "./answerer";

export interface TypeEffects {
  jobTypes: JobTypes;
  readFleets: ReadFleets;
  readCounts: ReadCounts;
  readPast: ReadPast;
  /** Has the scaler retry the launches of a type now. */
  retryLaunches: RetryLaunches;
  /** True if types are shown without their queues, whose URLs contain the account's id. */
  hidesQueues?: boolean;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

const queuesAtOnce = 20;

/** Number of next times that a schedule is shown with. */
const shownTimes = 3;

type TypeRoute = "listTypes" | "getType" | "getHistory" | "listSchedules" | "retryLaunches";

export function createTypeAnswerers(effects: TypeEffects): Answerers<TypeRoute> {
  const { jobTypes, readFleets, readCounts, readPast, retryLaunches, hidesQueues, now, log } = effects;

  /** Resolves to undefined if the read fails: the types are the answer all the same. */
  async function ifReadable<T>(read: Promise<T>): Promise<T | undefined> {
    return read.catch((error: unknown) => void log("warn", "counts-not-read", errorFields(error)));
  }

  async function viewsOf(types: JobType[]) {
    const fleets = (await ifReadable(readFleets(types.map(({ type }) => type)))) ?? {};
    return mapLimited(types, queuesAtOnce, async (jobType) => {
      const letters = await ifReadable(readCounts(jobType.deadLetterQueueUrl));
      const deadLetters = letters && letters.visible + letters.inFlight;
      return typeView(jobType, fleets[jobType.type] ?? {}, deadLetters, hidesQueues);
    });
  }

  async function withType(type: string, respond: (jobType: JobType) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const jobType = typePattern.test(type) ? await jobTypes.find(type) : undefined;
    if (jobType) return respond(jobType);
    return refuse(problemOf("type-not-found", `Expected a job type that GET /types lists, got ${describe(type)}`));
  }

  return {
    listTypes: async () => answer(200, { types: await viewsOf(await jobTypes.list()) }),
    getType: ({ parameter }) => withType(parameter, async (jobType) => answer(200, (await viewsOf([jobType]))[0])),
    getHistory: ({ parameter, query }) =>
      withType(parameter, async ({ type }) => {
        const { minutes = 60 } = query as { minutes?: number };
        const from = new Date(now() - minutes * 60_000).toISOString();
        // The time begins and ends within hours, and the last counts before it held.
        const past = await readPast(type, Math.ceil(minutes / 60) + 2);
        return answer(200, { type, counts: historyView(past, from) });
      }),
    async listSchedules() {
      const types = await jobTypes.list();
      const schedules = types.flatMap(({ type, schedules: own = [] }) =>
        own.map((each) => ({ type, ...each, next: each.enabled === false ? undefined : nextTimes(each, now()) })),
      );
      return answer(200, { schedules });
    },
    retryLaunches: ({ parameter }) =>
      withType(parameter, async ({ type }) => {
        const { launchProblem } = (await readFleets([type]))[type] ?? {};
        await retryLaunches(type, now());
        return answer(202, { type, launchProblem });
      }),
  };
}

function nextTimes({ expression, timeZone = "UTC" }: TypeSchedule, now: number): string[] | undefined {
  const [, fields] = /^cron\((.*)\)$/.exec(expression) ?? [];
  if (fields === undefined) return undefined;
  const times: string[] = [];
  try {
    const next = readCron(fields, timeZone);
    for (let at = next(now); at !== undefined && times.length < shownTimes; at = next(at)) {
      times.push(new Date(at).toISOString());
    }
    return times;
  } catch {
    // EventBridge took the expression, and its zone may be newer than Node's.
    return undefined;
  }
}
