import { onDatapoint } from "../metrics";
import { type Rule } from "../world";
import { stopOldest } from "./stopOldest";

/** The metric's period in CDK, over which the alarms take the maximum; they are evaluated each minute. */
const periodMinutes = 5;

/**
 * CDK's QueueProcessingService with its default steps on the visible messages: none −1, from 100 on +1, from 500 on +5,
 * once a minute while the alarm lasts, and its default minimum of one.
 */
export function createStepScaling(): Rule {
  return {
    name: "CDK's default steps",
    minInstances: 1,
    start(world) {
      const last: number[] = [];
      onDatapoint(world, ({ visible }) => {
        last.push(visible);
        if (last.length > periodMinutes) last.shift();
        const most = Math.max(...last);
        const { group } = world;
        if (most >= 100) group.raise(group.desired + (most >= 500 ? 5 : 1));
        else if (most <= 0) stopOldest(group, Math.max(1, group.desired - 1));
      });
    },
  };
}
