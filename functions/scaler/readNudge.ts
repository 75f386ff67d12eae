import { isObject } from "../../contract/check";
import { workerAlias } from "../../contract/fleet/state";
import type { RunContext } from "../shared/runtime";

/** The request to a run of the scaler. */
export interface ScalerRequest {
  /** Jobs just sent, by type; undefined if the run is for all types. */
  sent?: Record<string, number>;
  /** Types whose launches are retried now. */
  retried: string[];
}

/**
 * Reads an event's request; any event but a nudge and a retry means all types.
 *
 * Events by the workers' alias name only types: their queues' counts give the number of jobs, so that no worker
 * raises a fleet, its own or another's, beyond what its queue holds.
 */
export function readNudge(event: unknown, { invokedFunctionArn }: RunContext): ScalerRequest {
  const isByWorker = invokedFunctionArn?.endsWith(`:${workerAlias}`) ?? false;
  if (isObject(event) && isObject(event.sent)) {
    const counts = Object.entries(event.sent).map(([type, count]) => {
      const isCount = !isByWorker && Number.isFinite(count) && (count as number) > 0;
      return [type, isCount ? (count as number) : 0] as const;
    });
    return { sent: Object.fromEntries(counts), retried: [] };
  }
  if (isByWorker) return { sent: {}, retried: [] };
  if (!isObject(event) || !Array.isArray(event.retryLaunches)) return { retried: [] };
  const retried = event.retryLaunches.map(String);
  return { sent: Object.fromEntries(retried.map((type) => [type, 0])), retried };
}
