import type { Filters } from "./filters";

/**
 * Dollars that what is asked most often may cost in an hour, of the cent that an open tab may cost on AWS. Prices below
 * are in dollars for a million, of `bench/bill/prices.ts`.
 */
const hourDollars = 0.007;
/** A call of the API, with the functions and the access log. */
const call = 1.8;
const readUnit = 0.125;
/** A type's dead letters are counted by a request to its queue. */
const queueRequest = 0.4;

/** Milliseconds between calls of a price, so that those of an hour cost no more than they may. */
function pauseFor(millionDollars: number): number {
  return (3_600 * millionDollars) / 1e3 / hourDollars;
}

/** Milliseconds between calls for the list of types, by their number. */
export function typesPause(types: number): number {
  return pauseFor(call + types * queueRequest);
}

const partsOfType = 8;
/** Half a read unit for each record: 25 of them, or 300 where they must be looked through. */
const [pageUnits, siftedUnits] = [13, 150];
const leastListPause = 4_000;

/** Milliseconds between calls for a page of jobs, by the number of types. */
export function listPause({ type, state, tenant, label }: Filters, types: number): number {
  const hasIndex = state === undefined || state === "failed" || state === "cancelled";
  const units = hasIndex && !tenant && !label ? pageUnits : siftedUnits;
  const parts = (type ? 1 : types) * partsOfType;
  return Math.max(leastListPause, pauseFor(call + (units + parts / 2) * readUnit));
}
