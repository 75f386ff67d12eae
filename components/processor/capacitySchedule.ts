import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { CapacityChange } from "../args/ProcessorArgs";

/** What tells a scheduled action to leave a size alone; left out, it would be set to 0. */
const unchanged = -1;

/**
 * Scheduled actions that move a group's minimum and nothing else: Auto Scaling raises desired to a minimum above it, and
 * after the peak it is idle workers that lower it.
 */
export function scheduleCapacity(
  group: aws.autoscaling.Group,
  groupName: string,
  changes: CapacityChange[],
  parent: pulumi.Resource,
): void {
  for (const { recurrence, timeZone = "UTC", minInstances } of changes) {
    // Named by its time, so that the order of the changes has no meaning.
    const time = createHash("sha256").update(`${recurrence} ${timeZone}`).digest("hex").slice(0, 8);
    new aws.autoscaling.Schedule(
      `${groupName}-minimum-${time}`,
      {
        autoscalingGroupName: group.name,
        scheduledActionName: `minimum-${time}`,
        recurrence,
        timeZone,
        minSize: minInstances,
        maxSize: unchanged,
        desiredCapacity: unchanged,
      },
      {
        parent,
        deletedWith: group,
        // An update sends the time of the first run along, as AWS once reckoned it, and AWS refuses one that has passed
        // (pulumi/pulumi-aws#2473). Both at once would share a name, and a time.
        replaceOnChanges: ["minSize"],
        deleteBeforeReplace: true,
      },
    );
  }
}
