import type { TypeSchedule } from "../contract/http/answers";

/** The schedule in words: if it is off, when it comes, and the time zone of a `cron` expression. */
export function scheduleWords({ expression, timeZone = "UTC", enabled }: TypeSchedule): string {
  const zone = expression.startsWith("cron") && timeZone;
  return [enabled === false && "off", whenOf(expression), zone].filter(Boolean).join(", ");
}

/** A schedule's expression in words; empty if it is beyond the usual ones. */
export function whenOf(expression: string): string {
  const [, rate] = /^rate\((.+)\)$/.exec(expression) ?? [];
  if (rate) return `every ${rate.replace(/^1 /, "")}`;
  const [, fields = ""] = /^cron\((.+)\)$/.exec(expression) ?? [];
  const [minute = "", hour = "", day = "", month, weekday = "", year] = fields.split(" ");
  if (month !== "*" || year !== "*" || !/^\d+$/.test(minute) || !/^(\*|\d+)$/.test(hour)) return "";
  const days = daysOf(day, weekday);
  if (days === undefined) return "";
  const two = minute.padStart(2, "0");
  return hour === "*"
    ? `hourly at :${two}${days && `, ${days}`}`
    : `${days || "daily"} at ${hour.padStart(2, "0")}:${two}`;
}

const isAny = (field: string) => field === "*" || field === "?";

/** Empty for all days, undefined if it has no plain words. */
function daysOf(day: string, weekday: string): string | undefined {
  if (isAny(day) && isAny(weekday)) return "";
  if (isAny(weekday)) return /^\d+$/.test(day) ? `on day ${day} of each month` : undefined;
  if (!isAny(day) || !/^[A-Z]{3}([-,][A-Z]{3})*$/.test(weekday)) return undefined;
  const names = weekday.replace(/[A-Z]{3}/g, (name) => name[0] + name.slice(1).toLowerCase());
  return names.replaceAll("-", " to ").replaceAll(",", ", ");
}
