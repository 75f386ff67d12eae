import { jsonOf } from "../../../contract/check";
import { sha256 } from "../../frontend/requests/digest";
import type { GroupRead, LogEvent, LogPlace } from "./logEvent";

/** Lines of several streams arrive out of order, and some seconds late. */
const lateMilliseconds = 30_000;

/** Bound of a cursor's length, within API Gateway's 10,240 bytes for request line and headers. */
const maxSeen = 300;

export function keyOf({ id }: LogEvent): string {
  return sha256(id).slice(0, 6);
}

/** Place after `given`, of the events that were read since the place before. */
export function placeAfter(
  { place, events, isCut }: Pick<GroupRead, "place" | "events" | "isCut">,
  given: Set<LogEvent>,
  now: number,
): LogPlace {
  const keys = new Set(events.map(keyOf));
  // Those that a cut left out are still to come.
  const later = isCut ? place.seen.filter((key) => !keys.has(key)) : [];
  const read = events.filter((event) => given.has(event) || place.seen.includes(keyOf(event)));
  const newest = events.reduce(
    (last, event) => (given.has(event) ? Math.max(last, event.timestamp) : last),
    place.from,
  );
  const since = (from: number) => ({
    from,
    seen: [...read.filter(({ timestamp }) => timestamp >= from).map(keyOf), ...later],
  });
  const after = since(Math.max(place.from, Math.min(newest, now - lateMilliseconds)));
  return after.seen.length > maxSeen ? { from: newest, seen: since(newest).seen.slice(-maxSeen) } : after;
}

/** Places as an opaque text that fits into a URL. */
export function encodePlaces(places: LogPlace[]): string {
  return Buffer.from(JSON.stringify(places.map(({ from, seen }) => [from, ...seen]))).toString("base64url");
}

/** That number of a cursor's places; undefined if no answer had it. */
export function decodePlaces(cursor: string, count: number): LogPlace[] | undefined {
  const places = jsonOf(Buffer.from(cursor, "base64url").toString());
  if (!Array.isArray(places) || places.length !== count) return undefined;
  const isPlace = (place: unknown): place is [number, ...string[]] =>
    Array.isArray(place) && isTime(place[0]) && place.slice(1).every((key) => typeof key === "string");
  return places.every(isPlace) ? places.map(([from, ...seen]) => ({ from, seen })) : undefined;
}

function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
