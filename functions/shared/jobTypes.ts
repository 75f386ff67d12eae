import type { JobType } from "../../contract/jobType";
import { limits } from "../../contract/limits";

/** The job types that the deployment knows. */
export interface JobTypes {
  /** The type of this name; nothing if there is none; throws when that can't be told. */
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
  /** How long a type that was found is taken as unchanged. @default 60 */
  cacheSeconds?: number;
  /** How long to go on with a known type before asking a table that can't be read once more. @default 5 */
  staleSeconds?: number;
}

/**
 * Looks types up in the type table, and remembers those it found. A type it did not find is looked up anew each time, so
 * that one just added works at once. While the table can't be read, what it last said of a type stands.
 */
export function createJobTypes({
  table,
  now,
  cacheSeconds = limits.typeCacheSeconds,
  staleSeconds = 5,
}: JobTypesEffects): JobTypes {
  const known = new Map<string, { jobType: JobType; freshUntil: number }>();
  const reading = new Map<string, Promise<JobType | undefined>>();

  async function read(type: string): Promise<JobType | undefined> {
    try {
      const jobType = await table.read(type);
      if (jobType) known.set(type, { jobType, freshUntil: now() + cacheSeconds * 1_000 });
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
      // A batch of one type asks for it once.
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
