import { type NextTime, readCron, timeIn } from "../../contract/cron";

/** Times of a schedule: once, at a rate, or by cron ("Schedule types on EventBridge Scheduler"). */
export type Timing = { at: number } | { everySeconds: number } | { next: NextTime };

/** @throws Error that names an invalid expression or time zone */
export function timingOf(expression: string, timeZone = "UTC"): Timing {
  const [, kind, inner = ""] = /^(at|rate|cron)\((.*)\)$/.exec(expression) ?? [];
  try {
    if (kind === "at") return { at: timeOf(inner, timeZone) };
    if (kind === "rate") return { everySeconds: secondsOf(inner) };
    if (kind === "cron") return { next: readCron(inner, timeZone) };
  } catch (error) {
    throw new Error(`Invalid Schedule Expression ${expression}: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`Invalid Schedule Expression ${expression}.`);
}

function timeOf(time: string, timeZone: string): number {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(time)) throw new Error("expected yyyy-mm-ddThh:mm:ss");
  const at = timeIn(timeZone, Date.parse(`${time}Z`));
  if (at === undefined) throw new Error("there is no such time");
  return at;
}

function secondsOf(rate: string): number {
  const [, count, unit] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(rate) ?? [];
  if (!unit) throw new Error("expected a rate such as 5 minutes");
  return Number(count) * { minute: 60, hour: 3_600, day: 86_400 }[unit as "minute" | "hour" | "day"];
}
