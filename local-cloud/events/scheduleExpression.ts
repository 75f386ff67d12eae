import { Cron } from "croner";

/** Times of a schedule: once, at a rate, or by cron ("Schedule types on EventBridge Scheduler"). */
export type Timing = { at: number } | { everySeconds: number } | { cron: Cron };

/** @throws Error that names an invalid expression or time zone */
export function timingOf(expression: string, timeZone = "UTC"): Timing {
  const [, kind, inner = ""] = /^(at|rate|cron)\((.*)\)$/.exec(expression) ?? [];
  try {
    if (kind === "at") return { at: timeOf(inner, timeZone) };
    if (kind === "rate") return { everySeconds: secondsOf(inner) };
    if (kind === "cron") return { cron: cronOf(inner, timeZone) };
  } catch (error) {
    throw new Error(`Invalid Schedule Expression ${expression}: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`Invalid Schedule Expression ${expression}.`);
}

function timeOf(time: string, timeZone: string): number {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(time)) throw new Error("expected yyyy-mm-ddThh:mm:ss");
  // A date without offset is one time of its zone; croner, which knows zones, runs once at it.
  const next = new Cron(time, { timezone: timeZone, paused: true }).nextRun(new Date(0));
  if (!next) throw new Error("there is no such time");
  return next.getTime();
}

function secondsOf(rate: string): number {
  const [, count, unit] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(rate) ?? [];
  if (!unit) throw new Error("expected a rate such as 5 minutes");
  return Number(count) * { minute: 60, hour: 3_600, day: 86_400 }[unit as "minute" | "hour" | "day"];
}

/** EventBridge counts the days of the week from 1, a Sunday; croner from 0. */
function cronOf(fields: string, timeZone: string): Cron {
  const parts = fields.split(" ").map((field) => (field === "?" ? "*" : field));
  if (parts.length !== 6) throw new Error("expected six fields");
  const [minute, hour, day, month, weekday, year] = parts as [string, string, string, string, string, string];
  const weekdays = weekday.replace(/(?<![#\d])[1-7](?!\d)/g, (number) => String(Number(number) - 1));
  return new Cron(`0 ${minute} ${hour} ${day} ${month} ${weekdays} ${year}`, { timezone: timeZone, paused: true });
}
