import { describeError, type Log } from "../shared/log";

export interface NudgeEffects {
  /** Invokes the scaler, asynchronously, with this nudge. */
  invoke: (sent: Record<string, number>) => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/**
 * Between two nudges of one environment about a type. What comes meanwhile is kept for the next one. What is kept for longer
 * is dropped, since SQS's counts show it by then: told again, jobs of seconds would call twice the instances.
 */
const intervalMilliseconds = 5_000;

/**
 * Tells the scaler how many jobs were sent to each type: at once, and then at most every 5 s with what came just before. A
 * type that wasn't told of lately doesn't wait for another's interval.
 *
 * A frozen environment keeps no timer, so the jobs after its last nudge stay untold. The workers see them, and nudge where
 * they are more than they can do; so does the scaler's run of each minute. A nudge that fails is told again by the next.
 */
export function createNudge({ invoke, now, log }: NudgeEffects): (sent: Record<string, number>) => Promise<void> {
  let kept: Record<string, number> = {};
  let keptSince = 0;
  const nextAt = new Map<string, number>();

  function keep(sent: Record<string, number>, since: number): void {
    if (Object.keys(kept).length === 0) keptSince = since;
    for (const [type, count] of Object.entries(sent)) kept[type] = (kept[type] ?? 0) + count;
  }

  return async function nudge(sent) {
    const at = now();
    if (at - keptSince >= intervalMilliseconds) kept = {};
    keep(sent, at);
    if (Object.keys(kept).every((type) => at < (nextAt.get(type) ?? 0))) return;
    const told = kept;
    const toldSince = keptSince;
    kept = {};
    for (const type of Object.keys(told)) nextAt.set(type, at + intervalMilliseconds);
    try {
      await invoke(told);
    } catch (error) {
      keep(told, toldSince);
      log("warn", "scaler not nudged", { types: Object.keys(told), error: describeError(error) });
    }
  };
}
