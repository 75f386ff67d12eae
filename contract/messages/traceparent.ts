/** Begins the `traceparent` of a replay whose trace began with the replayed job: that job's id follows. */
export const replayedPrefix = "job:";

/** Version 00 is exactly this long; later ones may go on after a hyphen ("Trace Context", W3C). */
const form = /^(?!ff|00.{54})[\da-f]{2}(-(?!0+-)[\da-f]{32}-(?!0+-)[\da-f]{16}-[\da-f]{2})(?![^-])/;

/** A header `traceparent` as version 00; undefined for one that W3C's standard says to ignore. */
export function readTraceparent(text = ""): string | undefined {
  const found = form.exec(text);
  return found ? `00${found[1]}` : undefined;
}
