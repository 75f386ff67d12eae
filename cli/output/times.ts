/** A time in this machine's time zone: only the time if it is today, else with the day, or the day alone. */
export function shortTime(time: string | number, now = new Date()): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (date.toDateString() === now.toDateString()) return `${clock}:${two(date.getSeconds())}`;
  return date.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${date.getFullYear()}-${day}`;
}
