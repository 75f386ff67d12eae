import { type Clock } from "./clock";

/** Longest time between heartbeats. */
const maxIntervalMilliseconds = 20_000;

/** A third of the visibility timeout, so that two may fail before a message reappears. */
export function heartbeatInterval(visibilityTimeoutSeconds: number): number {
  return Math.min(maxIntervalMilliseconds, (visibilityTimeoutSeconds * 1_000) / 3);
}

/**
 * Runs `beat` at the interval, never two at once, until the returned function is called, which resolves when the last
 * beat is over. A failed beat is reported to `onError`, and the next comes all the same.
 */
export function startHeartbeat(
  clock: Clock,
  intervalMilliseconds: number,
  beat: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let isStopped = false;
  let current = Promise.resolve();
  let cancel = schedule(intervalMilliseconds);

  function schedule(milliseconds: number): () => void {
    return clock.after(milliseconds, () => {
      current = run();
    });
  }

  async function run(): Promise<void> {
    const begun = clock.now();
    try {
      await beat();
    } catch (error) {
      onError(error);
    }
    // A slow beat doesn't delay the next one.
    if (!isStopped) cancel = schedule(Math.max(0, intervalMilliseconds - (clock.now() - begun)));
  }

  return () => {
    isStopped = true;
    cancel();
    return current;
  };
}
