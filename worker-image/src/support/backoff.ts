import { limits } from "../../../contract/limits";

/** Margin before the 12 hours, for clock differences and slow calls. */
export const hiddenMarginSeconds = 60;

/** Exponential with full jitter: between 0 and `baseSeconds` doubled with each attempt after the first. */
export function backoffSeconds(
  attempt: number,
  { baseSeconds, maxSeconds, random }: { baseSeconds: number; maxSeconds: number; random: () => number },
): number {
  return random() * Math.min(maxSeconds, baseSeconds * 2 ** Math.min(attempt - 1, 40));
}

/** Whole seconds, at most `seconds`, for which SQS can still hide a message received at that time. */
export function hideableSeconds(seconds: number, receivedAt: number, now: number): number {
  const left = limits.maxVisibilitySeconds - hiddenMarginSeconds - (now - receivedAt) / 1_000;
  return Math.max(0, Math.floor(Math.min(Math.round(seconds), left)));
}

/** Longest time that an unusable message is hidden: after an outage of hours it must not wait for more. */
const maxUnusedSeconds = 300;

/**
 * Whole seconds to hide an unusable message: twice as long with each delivery, since each
 * counts, and a little more at random, so that messages of one moment spread.
 */
export function unusedSeconds(receiveCount: number, visibilityTimeoutSeconds: number, random: () => number): number {
  const doubled = visibilityTimeoutSeconds * 2 ** Math.min(receiveCount - 1, 20);
  return Math.ceil(Math.max(1, Math.min(doubled, maxUnusedSeconds)) * (1 + 0.25 * random()));
}
