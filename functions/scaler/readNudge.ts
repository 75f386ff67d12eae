import { isObject } from "../../contract/check";
import { type Nudge, workerAlias } from "../../contract/fleet/state";
import type { RunContext } from "../shared/runtime";

/**
 * Reads an event's request: jobs just sent, by type; undefined for any event but a nudge, which means all types.
 *
 * Events by the workers' alias name only types: their queues' counts give the number of jobs, so that no worker
 * raises a fleet, its own or another's, beyond what its queue holds.
 */
export function readNudge(event: unknown, { invokedFunctionArn }: RunContext): Nudge["sent"] | undefined {
  const isByWorker = invokedFunctionArn?.endsWith(`:${workerAlias}`) ?? false;
  if (!isObject(event) || !isObject(event.sent)) return isByWorker ? {} : undefined;
  const counts = Object.entries(event.sent).map(([type, count]) => {
    const isCount = !isByWorker && Number.isFinite(count) && (count as number) > 0;
    return [type, isCount ? (count as number) : 0] as const;
  });
  return Object.fromEntries(counts);
}
