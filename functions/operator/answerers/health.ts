import type { Health } from "../../../contract/http/answers";
import { errorFields, type Log } from "../../../contract/log";
import type { JobRecords } from "../../frontend/effects";
import type { ReadFleets } from "../../frontend/services/fleets";
import { answer } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { Answerers } from "./answerer";

export interface HealthEffects {
  jobTypes: JobTypes;
  /** Undefined if jobs are not tracked. */
  records: Pick<JobRecords, "read"> | undefined;
  readFleets: ReadFleets;
  now: () => number;
  log: Log;
}

/** Id of no job: that the table answers is what counts. */
const noJob = "health";

export function createHealthAnswerers(effects: HealthEffects): Answerers<"getHealth"> {
  const { jobTypes, records, readFleets, now, log } = effects;

  /** State of a part, with what it found, if it could be read. */
  async function check<Found extends object | void>(part: string, read: () => Promise<Found>) {
    try {
      return { status: "ok" as const, ...(await read()) };
    } catch (error) {
      log("warn", "health-part-failed", { part, ...errorFields(error) });
      return { status: "failing" as const, error: (error as Error).name };
    }
  }

  /** Age of the newest counts, if a type was ever counted. */
  async function readCounts() {
    const fleets = await readFleets((await jobTypes.list()).map(({ type }) => type));
    const last = Math.max(...Object.values(fleets).map(({ countsAt = 0 }) => countsAt));
    return last > 0 ? { ageSeconds: Math.round((now() - last) / 1_000) } : {};
  }

  return {
    async getHealth() {
      const [types, record, counts] = await Promise.all([
        check("types", async () => ({ count: (await jobTypes.list()).length })),
        records && check("records", async () => void (await records.read(noJob))),
        check("counts", readCounts),
      ]);
      const isWell = [types, record, counts].every((part) => part?.status !== "failing");
      const health: Health = { status: isWell ? "ok" : "failing", parts: { types, records: record, counts } };
      return answer(isWell ? 200 : 503, health);
    },
  };
}
