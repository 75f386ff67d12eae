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
