import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type CapacityChange } from "../args/ProcessorArgs";

/** Value that makes a scheduled action keep a size; without it, the size would be set to 0. */
const unchanged = -1;

/**
 * Scheduled actions that change only a group's minimum: Auto Scaling raises the desired capacity to a higher minimum,
 * and after the peak idle workers lower it.
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
        // An update also sends the time of the first run, as AWS once computed it, and AWS refuses one that has passed
        // (pulumi/pulumi-aws#2473). Both at once would share a name, and a time.
        replaceOnChanges: ["minSize"],
        deleteBeforeReplace: true,
      },
    );
  }
}
