import type { JobType } from "../../../contract/jobType";
import { limits } from "../../../contract/limits";

/** The deployment's job types. */
export interface JobTypes {
  /** The type of this name; undefined if there is none; throws if the table can't be read. */
  find(type: string): Promise<JobType | undefined>;
  /** All types, by name. */
  list(): Promise<JobType[]>;
}

/** Access to the type table. */
export interface JobTypeTable {
  read(type: string): Promise<JobType | undefined>;
  readAll(): Promise<JobType[]>;
}

export interface JobTypesEffects {
  table: JobTypeTable;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Seconds for which a known type stands before a table that can't be read is asked again. */
const staleSeconds = 5;

/**
 * Reads types from the type table, and caches those that exist. A missing type is read again each time, so
 * that a new one works at once. While the table can't be read, the cached types stay valid.
 */
export function createJobTypes({ table, now }: JobTypesEffects): JobTypes {
  const known = new Map<string, { jobType: JobType; freshUntil: number }>();
  const reading = new Map<string, Promise<JobType | undefined>>();

  async function read(type: string): Promise<JobType | undefined> {
    try {
      const jobType = await table.read(type);
      if (jobType) known.set(type, { jobType, freshUntil: now() + limits.typeCacheSeconds * 1_000 });
      else known.delete(type);
      return jobType;
    } catch (error) {
      const stale = known.get(type);
      if (!stale) throw error;
      stale.freshUntil = now() + staleSeconds * 1_000;
      return stale.jobType;
    }
  }

  return {
    async find(type) {
      const entry = known.get(type);
      if (entry && now() < entry.freshUntil) return entry.jobType;
      // A batch of one type reads it once.
      let underWay = reading.get(type);
      if (!underWay) {
        underWay = read(type).finally(() => reading.delete(type));
        reading.set(type, underWay);
      }
      return underWay;
    },
    async list() {
      const jobTypes = await table.readAll();
      return jobTypes.sort((one, other) => (one.type < other.type ? -1 : 1));
    },
  };
}
