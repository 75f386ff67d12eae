import { isObject } from "../../contract/check";
import { workerAlias } from "../../contract/fleet/state";
import type { RunContext } from "../shared/runContext";

/** What a run of the scaler is asked for. */
export interface Asked {
  /** The jobs just sent, by type; absent where the run is for all types. */
  sent?: Record<string, number>;
  /** Types whose launches are to be tried now. */
  retried: string[];
}

/**
 * Reads what an event asks for; any event but a nudge and a retry means all types.
 *
 * What comes by the workers' alias names types alone: their queues' counts say how many jobs there are, so that no worker
 * raises a fleet, its own or another's, beyond what its queue holds.
 */
export function readNudge(event: unknown, { invokedFunctionArn }: RunContext): Asked {
  const isByWorker = invokedFunctionArn?.endsWith(`:${workerAlias}`) ?? false;
  if (isObject(event) && isObject(event.sent)) {
    const counts = Object.entries(event.sent).map(([type, count]) => {
      const isCount = typeof count === "number" && Number.isFinite(count) && count > 0;
      return [type, isCount && !isByWorker ? count : 0] as const;
    });
    return { sent: Object.fromEntries(counts), retried: [] };
  }
  if (isByWorker) return { sent: {}, retried: [] };
  if (!isObject(event) || !Array.isArray(event.retryLaunches)) return { retried: [] };
  const retried = event.retryLaunches.map(String);
  return { sent: Object.fromEntries(retried.map((type) => [type, 0])), retried };
}
