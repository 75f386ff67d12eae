import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
  RecordLifecycleActionHeartbeatCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { type MetadataReader } from "./notice";

/** A worker's calls to the Auto Scaling group of its instance. */
export interface InstanceGroup {
  /** Completes the hook. False: the group isn't waiting at it. */
  complete(hook: string): Promise<boolean>;
  /** Restarts the hook's timeout. False: the group isn't waiting at it. */
  heartbeat(hook: string): Promise<boolean>;
  /** Terminates this instance. False: the group refuses, since it would have fewer than its minimum. */
  terminate(options: { lowersDesired: boolean }): Promise<boolean>;
}

/** The group, through the Auto Scaling API. */
export class AutoScalingInstanceGroup implements InstanceGroup {
  private constructor(
    private readonly client: AutoScalingClient,
    private readonly instance: { InstanceId: string; AutoScalingGroupName: string },
  ) {}

  /** Undefined if the instance belongs to no group. */
  static async find(client: AutoScalingClient, metadata: MetadataReader): Promise<InstanceGroup | undefined> {
    const InstanceId = await metadata.read("instance-id");
    if (InstanceId === undefined) return undefined;
    const name = (await metadata.read("tags/instance/aws:autoscaling:groupName")) ?? (await ask(client, InstanceId));
    return name === undefined
      ? undefined
      : new AutoScalingInstanceGroup(client, { InstanceId, AutoScalingGroupName: name });
  }

  async complete(hook: string): Promise<boolean> {
    const action = { ...this.instance, LifecycleHookName: hook, LifecycleActionResult: "CONTINUE" };
    return isAccepted(this.client.send(new CompleteLifecycleActionCommand(action)));
  }

  async heartbeat(hook: string): Promise<boolean> {
    const action = { ...this.instance, LifecycleHookName: hook };
    return isAccepted(this.client.send(new RecordLifecycleActionHeartbeatCommand(action)));
  }

  async terminate({ lowersDesired }: { lowersDesired: boolean }): Promise<boolean> {
    const { InstanceId } = this.instance;
    const command = { InstanceId, ShouldDecrementDesiredCapacity: lowersDesired };
    return isAccepted(this.client.send(new TerminateInstanceInAutoScalingGroupCommand(command)));
  }
}

/** Used if instance tags aren't in metadata, since one of their keys can't be. */
async function ask(client: AutoScalingClient, instanceId: string): Promise<string | undefined> {
  const command = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
  return (await client.send(command)).AutoScalingInstances?.[0]?.AutoScalingGroupName;
}

/** These calls answer with a ValidationError if the action is impossible now, and with other errors otherwise. */
async function isAccepted(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if ((error as Error).name === "ValidationError") return false;
    throw error;
  }
}
