import { type ProblemDocument, problemOf } from "../../contract/http/problem";
import { idPattern } from "../../contract/limits";
import { listKeysOf } from "../../contract/records/listKey";
import type { JobRecord, JobState } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import { mapLimited } from "../shared/mapLimited";
import type { JobTypes } from "../shared/tables/jobTypes";
import { sha256 } from "./requests/digest";
import { encodeCursor, type Place } from "./requests/listQuery";

/** A part of an index: jobs under a list key by submission, or those of a type that ended so, by their end. */
export type IndexPart = { listKey: string } | { type: string; state: "failed" | "cancelled" };

/** The indexes of job records. */
export interface JobIndex {
  /** Up to `count` places of a part, newest first, at the times of the range, after the end of the previous page. */
  page(part: IndexPart, range: TimeRange, count: number, start: unknown): Promise<{ places: Place[]; next?: unknown }>;
  /** The records of the ids, without results, in any order; missing ones are left out. */
  readMany(ids: string[]): Promise<JobRecord[]>;
}

interface TimeRange {
  /** ISO 8601 in UTC, both included. */
  from?: string | undefined;
  to?: string | undefined;
}

/** Listed together, each being several queries. */
const maxListedTypes = 20;

/** The type that is asked for, or all types if they are few. */
export async function typesToList(
  jobTypes: Pick<JobTypes, "list">,
  type: string | undefined,
): Promise<{ types: string[] } | { problem: ProblemDocument }> {
  const types = type === undefined ? (await jobTypes.list()).map((each) => each.type) : [type];
  if (types.length <= maxListedTypes) return { types };
  const message = `Expected a type, since there are more than ${maxListedTypes}, got nothing`;
  return { problem: problemOf("invalid-request", `type: ${message}`, [{ path: "type", message }]) };
}

/** Records read at once, and rounds of reading, before the answer may hold fewer jobs than asked for. */
const recordsToSift = 100;
const maxRounds = 3;
const defaultLimit = 20;
const pagesAtOnce = 50;

/** Places that a part is asked for at least, if there are several parts: they differ in size. */
const minPlaces = 25;

export interface Selection extends TimeRange {
  state?: JobState;
  tenant?: string | undefined;
  /** `name:value`. */
  label?: string;
  /** True for wanted jobs, if there is more to choose by. */
  fits?: (record: JobRecord) => boolean;
  /** At most; 20 by default. */
  limit?: number;
  /** Place of the last job of the page before. */
  after?: Place | undefined;
  /** True for a caller that must not learn of other jobs: a cursor may be at one of those. */
  hidesIds?: boolean;
}

/**
 * One page of the types' newest jobs. Jobs that failed or were cancelled have an index of their own; others are looked
 * for among all, up to 300 a page, so that a page may hold fewer jobs than asked for: only one without a cursor is the
 * last.
 */
export async function listJobs(
  { index, now }: { index: JobIndex; now: () => number },
  types: string[],
  { limit = defaultLimit, after, from, to, hidesIds, ...wanted }: Selection,
): Promise<{ records: JobRecord[]; cursor?: string }> {
  const { state, tenant, label, fits } = wanted;
  const isUnsuccessful = state === "failed" || state === "cancelled";
  const parts = types.flatMap((type): IndexPart[] =>
    isUnsuccessful ? [{ type, state }] : listKeysOf(type).map((listKey) => ({ listKey })),
  );
  const sifts =
    tenant !== undefined || label !== undefined || (state !== undefined && !isUnsuccessful) || fits !== undefined;
  const needed = sifts ? recordsToSift * maxRounds : limit;
  const count = Math.min(needed, Math.max(minPlaces, Math.ceil((2 * needed) / parts.length))) + 1;
  const range = { from, to: after && !(to && to < after.at) ? after.at : to };
  const orderOf = hidesIds ? sha256 : (id: string) => id;
  const readPage = (part: IndexPart) => async (start: unknown) => {
    const { places, next } = await index.page(part, range, count, start);
    // An entry without a valid job id is no job, whatever wrote it: it can't be shown, and no cursor could name it.
    const jobs = places.filter(({ id }) => idPattern.test(id));
    return { places: jobs.map((place) => ({ ...place, order: orderOf(place.id) })), next };
  };
  const shards = parts.map((part) => createShard(readPage(part), after));
  await mapLimited(shards, pagesAtOnce, (shard) => shard.head());
  const found: JobRecord[] = [];
  let last: Place | undefined;
  for (let round = 0; round < maxRounds && found.length < limit; round++) {
    const places = await takeNewest(shards, sifts ? recordsToSift : limit - found.length);
    if (places.length === 0) return { records: found };
    const records = new Map((await index.readMany(places.map(({ id }) => id))).map((record) => [record.id, record]));
    for (const place of places) {
      last = { at: place.at, id: place.order };
      const record = records.get(place.id);
      const asRead = record && recordAsRead(record, now());
      if (asRead && isWanted(asRead, wanted)) found.push(asRead);
      if (found.length === limit) break;
    }
  }
  return { records: found, ...(last && { cursor: encodeCursor(last) }) };
}

function isWanted(record: JobRecord, { state, tenant, label, fits }: Selection): boolean {
  if (state !== undefined && record.state !== state) return false;
  if (tenant !== undefined && record.tenant !== tenant) return false;
  if (fits && !fits(record)) return false;
  return label === undefined || Object.entries(record.labels ?? {}).some((each) => each.join(":") === label);
}

/** A place with what orders the jobs of one time: the id, or its digest. Cursors have it in place of the id. */
interface OrderedPlace extends Place {
  order: string;
}

interface Shard {
  /** The newest place that was not taken yet. */
  head(): Promise<OrderedPlace | undefined>;
  take(): void;
}

function createShard(
  readPage: (start: unknown) => Promise<{ places: OrderedPlace[]; next?: unknown }>,
  after: Place | undefined,
): Shard {
  let places: OrderedPlace[] = [];
  let next: unknown;
  let isAtEnd = false;

  async function readOn(): Promise<void> {
    const page = await readPage(next);
    const further = page.places.filter((place) => !after || compare({ ...after, order: after.id }, place) < 0);
    places = [...places, ...further].sort(compare);
    next = page.next;
    isAtEnd = next === undefined;
  }

  return {
    async head() {
      // The index has no order among jobs of one time: all of them must be read before the first is returned.
      while (!isAtEnd && places[0]?.at === places.at(-1)?.at) await readOn();
      return places[0];
    },
    take: () => void places.shift(),
  };
}

async function takeNewest(shards: Shard[], count: number): Promise<OrderedPlace[]> {
  const taken: OrderedPlace[] = [];
  while (taken.length < count) {
    let newest: { shard: Shard; place: OrderedPlace } | undefined;
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

function compare(one: OrderedPlace, other: OrderedPlace): number {
  if (one.at !== other.at) return one.at > other.at ? -1 : 1;
  return one.order === other.order ? 0 : one.order > other.order ? -1 : 1;
}
