import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { hookNames } from "../boot/userData";

/** Seconds within which a new instance's worker must be ready. */
const launchSeconds = 600;

/** Longest timeout of a hook ("LifecycleHook", Amazon EC2 Auto Scaling API Reference). */
const maxHeartbeatSeconds = 7_200;

type Hook = aws.types.input.autoscaling.GroupInitialLifecycleHook & { name: string };

/**
 * A launch whose worker isn't ready in time is abandoned and retried; a termination waits for the drain. If a drain
 * may take longer than a hook's timeout, the worker's heartbeats keep the hook waiting.
 */
export function lifecycleHooks(drainSeconds: number): Hook[] {
  return [
    {
      name: hookNames.launchHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
      defaultResult: "ABANDON",
      heartbeatTimeout: launchSeconds,
    },
    {
      name: hookNames.terminateHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      defaultResult: "CONTINUE",
      heartbeatTimeout: Math.min(maxHeartbeatSeconds, Math.ceil(drainSeconds) + 60),
    },
  ];
}

/**
 * The hooks again, as resources that follow later changes: those that a group is created with never change. They are
 * deleted with their group, since deleting them first would leave its drain without a hook
 * (docs/decisions/0006-lifecycle-hooks-twice.md).
 */
export function manageHooks(
  group: aws.autoscaling.Group,
  groupName: string,
  hooks: Hook[],
  parent: pulumi.Resource,
): void {
  for (const hook of hooks) {
    new aws.autoscaling.LifecycleHook(
      `${groupName}-${hook.name}`,
      { ...hook, autoscalingGroupName: group.name },
      { parent, deletedWith: group },
    );
  }
}
