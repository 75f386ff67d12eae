import { onDatapoint } from "../metrics";
import { type Rule } from "../world";
import { stopOldest } from "./stopOldest";

/**
 * Datapoints in a row that make the alarms of target tracking go off, and how far below the target the low one lies.
 */
const highDatapoints = 3;
const lowDatapoints = 15;
const lowShare = 0.9;

/**
 * AWS's backlog per instance, with the same latency as target as ours, and busy instances protected from scale-in as
 * its page advises; one instance at least, for it can't leave zero.
 */
export function createTargetTracking(targetLatencySeconds: number): Rule {
  return {
    name: "target tracking",
    minInstances: 1,
    start(world) {
      const { group, conditions, secondsPerJob } = world;
      const target = (conditions.slots * targetLatencySeconds) / secondsPerJob;
      let high = 0;
      let low = 0;
      onDatapoint(world, ({ visible, inService }) => {
        const backlog = visible / Math.max(1, inService);
        high = backlog > target ? high + 1 : 0;
        low = backlog < target * lowShare ? low + 1 : 0;
        // In proportion to the metric: backlog ÷ target × instances.
        const proportional = Math.max(1, Math.ceil(visible / target));
        if (high >= highDatapoints) group.raise(proportional);
        if (low >= lowDatapoints) stopOldest(group, proportional, { isBusyProtected: true });
      });
    },
  };
}
