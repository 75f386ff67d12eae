import { InvalidArgumentError } from "commander";
import { type UsageKind, usageKinds } from "../contract/http/usageReport";
import { type JobState, jobStates } from "../contract/records/record";

/** Readers of options' values; their errors are shown with the option's name. */

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("Expected a number of seconds from 0 up.");
  }
  return value;
}

export function wholeSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a whole number of seconds from 0 up.");
  return Number(text);
}

export function time(text: string): string {
  const value = new Date(text);
  const [day] = /^\d{4}-\d{2}-\d{2}/.exec(text) ?? [];
  const isValid = /^\d{4}-/.test(text) && !Number.isNaN(value.getTime());
  // `Date` reads 30 February as 2 March.
  if (!isValid || (day && !new Date(day).toISOString().startsWith(day))) {
    throw new InvalidArgumentError("Expected a time in ISO 8601, such as 2026-12-24T18:00:00Z.");
  }
  return value.toISOString();
}

/** A date. */
export function day(text: string): string {
  const value = new Date(text);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(value.getTime());
  if (isDay && value.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError("Expected a day such as 2026-11-30.");
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Epoch milliseconds of a time, or of an age: `90s`, `10m`, `2h`, `1d`. */
export function timeAgo(text: string, _previous?: unknown, now = Date.now()): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number && unit) return now - Number(number) * unitSeconds[unit]! * 1_000;
  try {
    return Date.parse(time(text));
  } catch {
    throw new InvalidArgumentError("Expected how long ago, such as 10m or 2h, or a time in ISO 8601.");
  }
}

/** One more label; the API checks names and values. */
export function label(text: string, others: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("Expected a name and a value, such as campaign=spring.");
  return { ...others, [name]: value! };
}

/** A label as the API's filters take it: `name:value`. */
export function labelPair(text: string): string {
  return Object.entries(label(text))[0]!.join(":");
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 up.");
  return Number(text);
}

export function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0.1) {
    throw new InvalidArgumentError("Expected a number from 0.1 up.");
  }
  return value;
}

export function jobState(text: string): JobState {
  const found = jobStates.find((state) => state === text);
  if (!found) throw new InvalidArgumentError(`Expected one of ${jobStates.join(", ")}.`);
  return found;
}

export function usageKind(text: string): UsageKind {
  const found = usageKinds.find((kind) => kind === text);
  if (!found) throw new InvalidArgumentError(`Expected one of ${usageKinds.join(", ")}.`);
  return found;
}

export function issuerUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw new InvalidArgumentError("Expected an https URL.");
}

/** 0 for a free one. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  return port;
}
