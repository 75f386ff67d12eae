import { signal } from "@preact/signals";
import { poller } from "../api/page";
import { duration, moment } from "../format";

/** The present second, for what counts up. */
export const second = signal(Date.now());

setInterval(() => {
  if (!document.hidden && !poller.isHeld.peek()) second.value = Date.now();
}, 1_000);

/** A time of day; the whole of it is in its title. */
export function At({ at, text = moment(at) }: { at: string | number; text?: string }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {text}
    </time>
  );
}

/** Time since then, which goes on. A time that is ahead is one of a clock that is ahead. */
export function Ago({ at }: { at: string }) {
  return <At at={at} text={`${duration(wholeSeconds(second.value - Date.parse(at)))} ago`} />;
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
