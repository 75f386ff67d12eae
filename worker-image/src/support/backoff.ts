/** SQS hides a message for 12 hours at the most, counted from its receipt ("Amazon SQS visibility timeout"). */
export const maxHiddenSeconds = 12 * 3600;

/** Kept clear of the 12 hours, for clocks that differ and calls that take their time. */
export const hiddenMarginSeconds = 60;

/** Exponential with full jitter: anywhere between nothing and `baseSeconds` doubled with each attempt after the first. */
export function backoffSeconds(
  attempt: number,
  { baseSeconds, maxSeconds, random }: { baseSeconds: number; maxSeconds: number; random: () => number },
): number {
  return random() * Math.min(maxSeconds, baseSeconds * 2 ** Math.min(attempt - 1, 40));
}

/** The whole seconds, at most `seconds`, for which SQS will still hide a message that was received at that time. */
export function hideableSeconds(seconds: number, receivedAt: number, now: number): number {
  const left = maxHiddenSeconds - hiddenMarginSeconds - (now - receivedAt) / 1000;
  return Math.max(0, Math.floor(Math.min(Math.round(seconds), left)));
}

/** Longest time for which a message that nobody could use is hidden: after an outage of hours it must not wait for more. */
const maxUnusedSeconds = 300;

/**
 * For how long to hide a message that could not be used, in whole seconds: twice as long with each delivery, since each
 * counts, and a little more by chance, so that those of one moment part.
 */
export function unusedSeconds(receiveCount: number, visibilityTimeoutSeconds: number, random: () => number): number {
  const doubled = visibilityTimeoutSeconds * 2 ** Math.min(receiveCount - 1, 20);
  return Math.ceil(Math.max(1, Math.min(doubled, maxUnusedSeconds)) * (1 + 0.25 * random()));
}
