import {
  type Activity,
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeScalingActivitiesCommand,
  type Instance as DescribedInstance,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
} from "@aws-sdk/client-auto-scaling";
import { chunksOf } from "../shared/chunksOf";
import { mapLimited } from "../shared/mapLimited";
import type { Group, Instance, Launch } from "./rules/fleetView";

/** The calls that the scaler makes to Auto Scaling. */
export interface AutoScaling {
  /** The groups by name; undefined if one is gone, or the error of reading it. */
  describe(names: string[]): Promise<Record<string, Group | Error>>;
  /** The group's recent launches, newest first. */
  launches(groupName: string): Promise<Launch[]>;
  setDesired(groupName: string, desired: number): Promise<void>;
  markUnhealthy(instanceId: string): Promise<void>;
}

/** Names that one call takes ("DescribeAutoScalingGroups", Amazon EC2 Auto Scaling API Reference). */
const namesAtOnce = 100;

/** Auto Scaling, through its client. */
export function createAutoScaling(client: AutoScalingClient): AutoScaling {
  async function describeSome(names: string[]): Promise<Group[]> {
    const groups: Group[] = [];
    const input = { AutoScalingGroupNames: names, MaxRecords: namesAtOnce };
    for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client }, input)) {
      groups.push(...AutoScalingGroups.map(readGroup));
    }
    return groups;
  }

  return {
    async describe(names) {
      const answers = await mapLimited(chunksOf(names, namesAtOnce), 2, (batch) =>
        describeSome(batch).then(
          (groups) => groups.map((group) => [group.name, group] as const),
          (error: Error) => batch.map((name) => [name, error] as const),
        ),
      );
      return Object.fromEntries<Group | Error>(answers.flat());
    },
    async launches(groupName) {
      const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: groupName, MaxRecords: 50 });
      const { Activities = [] } = await client.send(command);
      return Activities.filter(({ Description }) => Description?.startsWith("Launching")).map(readLaunch);
    },
    async setDesired(groupName, desired) {
      await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: groupName, DesiredCapacity: desired }));
    },
    async markUnhealthy(instanceId) {
      const input = { InstanceId: instanceId, HealthStatus: "Unhealthy", ShouldRespectGracePeriod: false };
      await client.send(new SetInstanceHealthCommand(input));
    },
  };
}

// Auto Scaling's answers have all required fields ("AutoScalingGroup", Amazon EC2 Auto Scaling API Reference).
function readGroup(group: AutoScalingGroup): Group {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  return {
    name: group.AutoScalingGroupName!,
    minInstances: group.MinSize!,
    maxInstances: group.MaxSize!,
    desired: group.DesiredCapacity!,
    templateVersion: pinned((group.LaunchTemplate ?? mixed)?.Version),
    instances: (group.Instances ?? []).map(readInstance),
  };
}

function readInstance(instance: DescribedInstance): Instance {
  return {
    id: instance.InstanceId!,
    lifecycleState: instance.LifecycleState!,
    isHealthy: instance.HealthStatus?.toLowerCase() !== "unhealthy",
    templateVersion: pinned(instance.LaunchTemplate?.Version),
  };
}

/** `$Latest` and `$Default` don't name a version. */
function pinned(version: string | undefined): string | undefined {
  return /^\d+$/.exec(version ?? "")?.[0];
}

/** An abandoned launch hook shows as `Cancelled` ("ScalingActivity", Amazon EC2 Auto Scaling API Reference). */
function readLaunch({ AutoScalingGroupName, StartTime, StatusCode, StatusMessage, Description }: Activity): Launch {
  const isFailed = StatusCode === "Failed" || StatusCode === "Cancelled";
  return {
    groupName: AutoScalingGroupName!,
    startedAt: StartTime!.getTime(),
    outcome: isFailed ? "failed" : StatusCode === "Successful" ? "succeeded" : "underWay",
    reason: StatusMessage ?? Description ?? "",
  };
}
