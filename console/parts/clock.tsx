import { signal } from "@preact/signals";
import { duration, moment } from "../format";

/** The present second, for what counts up. */
export const second = signal(Date.now());

setInterval(() => {
  if (!document.hidden) second.value = Date.now();
}, 1_000);

/** A time of day; the whole of it is in its title. */
export function At({ at }: { at: string | number }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {moment(at)}
    </time>
  );
}

/** Time since then, or until then, which goes on. */
export function Ago({ at }: { at: string | number }) {
  const milliseconds = second.value - new Date(at).getTime();
  const isAhead = milliseconds < -999;
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
      {isAhead ? `in ${duration(wholeSeconds(-milliseconds))}` : `${duration(wholeSeconds(milliseconds))} ago`}
    </time>
  );
}

/** Time from then to the end, or until now. */
export function Took({ from, to }: { from: string; to?: string | undefined }) {
  const end = to === undefined ? second.value : Date.parse(to);
  const milliseconds = end - Date.parse(from);
  return <span>{duration(to === undefined ? wholeSeconds(milliseconds) : milliseconds)}</span>;
}

function wholeSeconds(milliseconds: number): number {
  return Math.max(1_000, Math.round(milliseconds / 1_000) * 1_000);
}
