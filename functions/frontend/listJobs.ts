import { idPattern } from "../../contract/limits";
import { listKeysOf } from "../../contract/records/listKey";
import type { JobRecord, JobState } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import { mapLimited } from "../shared/mapLimited";
import { encodeCursor, type Place } from "./requests/listQuery";

/** The index of job records, newest first. */
export interface JobIndex {
  /** Places under an index key, newest first: those not newer than `from`, after the end of the previous page. */
  page(listKey: string, from: string | undefined, start: unknown): Promise<{ places: Place[]; next?: unknown }>;
  /** The records of the ids, without results, in any order; missing ones are left out. */
  readMany(ids: string[]): Promise<JobRecord[]>;
}

/** Records read at once, and rounds of reading, before the answer may hold fewer jobs than asked for. */
const recordsToSift = 100;
const maxRounds = 3;
const defaultLimit = 20;
const pagesAtOnce = 50;

interface Selection {
  state?: JobState;
  /** At most; 20 by default. */
  limit?: number;
  tenant?: string | undefined;
  /** Place of the last job of the page before. */
  after?: Place | undefined;
}

/**
 * One page of the types' newest jobs. A page may hold fewer jobs than asked for if few are in the state;
 * only a page without a cursor is the last.
 */
export async function listJobs(
  { index, now }: { index: JobIndex; now: () => number },
  types: string[],
  { state, limit = defaultLimit, tenant, after }: Selection,
): Promise<{ records: JobRecord[]; cursor?: string }> {
  const shards = types.flatMap(listKeysOf).map((listKey) => createShard(index, listKey, after));
  await mapLimited(shards, pagesAtOnce, (shard) => shard.head());
  const found: JobRecord[] = [];
  const sifts = state !== undefined || tenant !== undefined;
  const isWanted = (record: JobRecord) =>
    (state === undefined || record.state === state) && (tenant === undefined || record.tenant === tenant);
  let last: Place | undefined;
  for (let round = 0; round < maxRounds && found.length < limit; round++) {
    const places = await takeNewest(shards, sifts ? recordsToSift : limit - found.length);
    if (places.length === 0) return { records: found };
    const records = new Map((await index.readMany(places.map(({ id }) => id))).map((record) => [record.id, record]));
    for (const place of places) {
      last = place;
      const record = records.get(place.id);
      const asRead = record && recordAsRead(record, now());
      if (asRead && isWanted(asRead)) found.push(asRead);
      if (found.length === limit) break;
    }
  }
  return { records: found, ...(last && { cursor: encodeCursor(last) }) };
}

interface Shard {
  /** The newest place that was not taken yet. */
  head(): Promise<Place | undefined>;
  take(): void;
}

function createShard(index: JobIndex, listKey: string, after: Place | undefined): Shard {
  let places: Place[] = [];
  let next: unknown;
  let isAtEnd = false;

  async function readOn(): Promise<void> {
    const page = await index.page(listKey, after?.submittedAt, next);
    // An entry without a valid job id is no job, whatever wrote it: it can't be shown, and no cursor could name it.
    const jobs = page.places.filter(({ id }) => idPattern.test(id));
    const further = jobs.filter((place) => !after || compare(after, place) < 0);
    places = [...places, ...further].sort(compare);
    next = page.next;
    isAtEnd = next === undefined;
  }

  return {
    async head() {
      // The index has no order among jobs of one time: all of them must be read before the first is returned.
      while (!isAtEnd && places[0]?.submittedAt === places.at(-1)?.submittedAt) await readOn();
      return places[0];
    },
    take: () => void places.shift(),
  };
}

async function takeNewest(shards: Shard[], count: number): Promise<Place[]> {
  const taken: Place[] = [];
  while (taken.length < count) {
    let newest: { shard: Shard; place: Place } | undefined;
    for (const shard of shards) {
      const place = await shard.head();
      if (place && (!newest || compare(place, newest.place) < 0)) newest = { shard, place };
    }
    if (!newest) break;
    newest.shard.take();
    taken.push(newest.place);
  }
  return taken;
}

function compare(one: Place, other: Place): number {
  if (one.submittedAt !== other.submittedAt) return one.submittedAt > other.submittedAt ? -1 : 1;
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1;
}
