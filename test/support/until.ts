import { setTimeout as sleep } from "node:timers/promises";

/**
 * Seconds that a test waits for an event. Enough for a busy machine, and below mocha's limit: so the failure says what
 * never came.
 */
const patienceSeconds = 100;

/** Polls until the condition gives something, and gives that; fails with the explanation if it never does. */
export async function until<T>(
  condition: () => T | Promise<T>,
  explain: () => string = () => String(condition),
): Promise<Exclude<T, undefined | null | false>> {
  for (const end = performance.now() + patienceSeconds * 1_000; ;) {
    const found = await condition();
    if (found) return found as Exclude<T, undefined | null | false>;
    if (performance.now() > end) throw new Error(`Never came in ${patienceSeconds} s: ${explain()}`);
    await sleep(20);
  }
}
