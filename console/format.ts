/** A duration for people: `640 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (!Number.isFinite(ms)) return "–";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950 && ms % 1_000 !== 0) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const units: [number, string, number, string][] = [
    [86_400, "d", 3_600, "h"],
    [3_600, "h", 60, "min"],
    [60, "min", 1, "s"],
  ];
  for (const [large, largeName, small, smallName] of units) {
    if (seconds < large) continue;
    const rest = Math.floor((seconds % large) / small);
    return `${Math.floor(seconds / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ""}`;
  }
  return `${seconds} s`;
}

/** Formats, made once: it takes longer to make one than to format a row with it. */
const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** A time of day, with its day unless that is today's, both of this machine's zone. */
export function moment(at: string | number, now = Date.now()): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const time = timeOfDay.format(date);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return time;
  const isThisYear = date.getFullYear() === today.getFullYear();
  return `${(isThisYear ? dayOfYear : day).format(date)}, ${time.slice(0, 5)}`;
}

/** `3,012`. */
export function grouped(number: number): string {
  return number.toLocaleString("en");
}

/** `1 job`, `3,012 jobs`. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A text with a capital at its beginning. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A size for people: `812 bytes`, `4.1 KB`, `3.0 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return count(bytes, "byte");
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A text as one word of a shell's command. */
export function quoted(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A time as the value of a browser's field for local times; empty if it is none. */
export function fieldTime(at: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The time that such a field holds, in ISO 8601; empty if it holds none. */
export function timeOfField(value: string): string {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
