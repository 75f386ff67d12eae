import { errorFields, type Log } from "../../contract/log";

export interface NudgeEffects {
  /** Invokes the scaler, asynchronously, with this nudge. */
  invoke: (sent: Record<string, number>) => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/**
 * Time between two nudges of one environment about a type. Jobs sent meanwhile are kept for the next nudge. Jobs kept
 * for longer are dropped, since SQS's counts include them by then: counted twice, jobs of seconds would get twice the
 * instances.
 */
const intervalMilliseconds = 5_000;

/**
 * Nudges the scaler with the number of jobs sent to each type: at once, and then at most every 5 s with the jobs since.
 * A type without a recent nudge doesn't wait for another's interval.
 *
 * A frozen environment has no timers, so jobs after its last nudge are not reported. The workers see them, and nudge if
 * they can't run them all; so does the scaler's run of each minute. The next nudge repeats a failed one.
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
      log("warn", "scaler-not-nudged", { jobTypes: Object.keys(told), ...errorFields(error) });
    }
  };
}
