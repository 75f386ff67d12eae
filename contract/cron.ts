/** Months and days of the week by name, as EventBridge Scheduler counts them: January and Sunday are 1. */
const names: Record<string, number> = Object.fromEntries([
  ..."JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ").map((name, index) => [name, index + 1] as const),
  ..."SUN MON TUE WED THU FRI SAT".split(" ").map((name, index) => [name, index + 1] as const),
]);

const hourMilliseconds = 3_600_000;

/** The next time after one; undefined if there is none. All are epoch milliseconds. */
export type NextTime = (after: number) => number | undefined;

/**
 * Reads the six fields of EventBridge Scheduler's `cron` expressions. A time that the clocks of the zone leave out is
 * left out, and one that they show twice comes once, the first time ("Schedule types in EventBridge Scheduler"), in
 * which libraries for cron differ.
 *
 * @throws Error that says what is wrong with a field, or with the time zone
 */
export function readCron(fields: string, timeZone: string): NextTime {
  const parts = fields.toUpperCase().split(" ");
  if (parts.length !== 6) throw new Error("expected six fields");
  const [minute, hour, day, month, weekday, year] = parts as [string, string, string, string, string, string];
  const minutes = numbersOf(minute, 0, 59);
  const hours = numbersOf(hour, 0, 23);
  const months = new Set(numbersOf(month, 1, 12));
  const years = numbersOf(year, 1_970, 2_199);
  const isDay = dayTest(day);
  const isWeekday = weekdayTest(weekday);
  const wallOf = wallClock(timeZone);

  function next(after: number, wall: number, from: Date): number | undefined {
    for (const y of years.filter((each) => each >= from.getUTCFullYear())) {
      for (let m = 1; m <= 12; m++) {
        if (!months.has(m) || Date.UTC(y, m, 1) <= wall - hourMilliseconds * 24) continue;
        const last = new Date(Date.UTC(y, m, 0)).getUTCDate();
        for (let d = 1; d <= last; d++) {
          const midnight = Date.UTC(y, m - 1, d);
          if (!isDay(d, midnight, last) || !isWeekday(d, midnight, last)) continue;
          for (const h of hours) {
            for (const each of minutes) {
              const local = midnight + (h * 60 + each) * 60_000;
              // No zone's clocks are set back by as much.
              if (local < wall - 3 * hourMilliseconds) continue;
              const time = timeOfWall(local, wallOf);
              if (time !== undefined && time > after) return time;
            }
          }
        }
      }
    }
    return undefined;
  }
  return (after) => next(after, wallOf(after), new Date(wallOf(after) - 3 * hourMilliseconds));
}

/** The time at which clocks of the zone first show this, given as if it were UTC's; undefined if they never do. */
export function timeIn(timeZone: string, local: number): number | undefined {
  return timeOfWall(local, wallClock(timeZone));
}

type WallClock = (time: number) => number;

/** Reader of what the clocks of a zone show at a time, as if it were UTC's. */
function wallClock(timeZone: string): WallClock {
  const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
  const format = new Intl.DateTimeFormat("en-US", { ...fields, second: "numeric", hourCycle: "h23", timeZone });
  return (time) => {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
  };
}

function timeOfWall(local: number, wallOf: WallClock): number | undefined {
  const times = [-24, 24].map((hours) => {
    const about = local + hours * hourMilliseconds;
    return local - (wallOf(about) - about);
  });
  return times.sort((one, other) => one - other).find((time) => wallOf(time) === local);
}

type DayTest = (day: number, midnight: number, last: number) => boolean;

function dayTest(field: string): DayTest {
  if (/^[*?]$/.test(field)) return () => true;
  const tests = field.split(",").map((item): DayTest => {
    if (item === "L") return (day, _midnight, last) => day === last;
    const [, near] = /^(\d+|L)W$/.exec(item) ?? [];
    if (near === undefined) {
      const days = numbersOf(item, 1, 31);
      return (day) => days.includes(day);
    }
    const [number] = near === "L" ? [31] : numbersOf(near, 1, 31);
    return (day, midnight, last) => {
      const target = near === "L" ? last : number!;
      if (target > last) return false;
      const week = weekdayOf(midnight + (target - day) * 24 * hourMilliseconds);
      const shift = week === 7 ? (target === 1 ? 2 : -1) : week === 1 ? (target === last ? -2 : 1) : 0;
      return day === target + shift;
    };
  });
  return (...about) => tests.some((test) => test(...about));
}

function weekdayTest(field: string): DayTest {
  if (/^[*?]$/.test(field)) return () => true;
  const [, of, nth] = /^(\w+)#([1-5])$/.exec(field) ?? [];
  const [, ending] = /^(\w+)L$/.exec(field) ?? [];
  const weekdays = numbersOf(of ?? ending ?? field.replace(/^L$/, "7"), 1, 7);
  return (day, midnight, last) =>
    weekdays.includes(weekdayOf(midnight)) &&
    (nth === undefined || Math.ceil(day / 7) === Number(nth)) &&
    (ending === undefined || day + 7 > last);
}

/** Day of the week, from 1 for a Sunday. */
function weekdayOf(midnight: number): number {
  return new Date(midnight).getUTCDay() + 1;
}

/** The numbers of a field, in order. */
function numbersOf(field: string, least: number, most: number): number[] {
  const found = new Set<number>();
  for (const item of field.split(",")) {
    const [, all, from = "", to, step] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item) ?? [];
    const first = all ? least : (names[from] ?? Number(from));
    const end = all ? most : to === undefined ? (step ? most : first) : (names[to] ?? Number(to));
    const by = Number(step ?? 1);
    if (from + (all ?? "") === "" || !(first >= least && end <= most && first <= end && by > 0)) {
      throw new Error(`expected numbers from ${least} to ${most}, got ${item}`);
    }
    for (let number = first; number <= end; number += by) found.add(number);
  }
  return [...found].sort((one, other) => one - other);
}
