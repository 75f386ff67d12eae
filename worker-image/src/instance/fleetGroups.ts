import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { countNames, countsIn, type QueueCounts } from "../../../contract/fleet/queueCounts";
import { fleetTag, fleetTagValue } from "../../../contract/fleet/state";
import { type GroupView } from "./chooseWhenIdle";

/** Reads the queue's counts. */
export async function readCounts(sqs: SQSClient, queueUrl: string): Promise<QueueCounts> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: countNames });
  return countsIn((await sqs.send(command)).Attributes);
}

/** The type's Auto Scaling groups, found by their tag. */
export async function findGroups(client: AutoScalingClient, fleetTable: string, type: string): Promise<GroupView[]> {
  const groups: GroupView[] = [];
  const filter = { Name: `tag:${fleetTag}`, Values: [fleetTagValue(fleetTable, type)] };
  for await (const page of paginateDescribeAutoScalingGroups({ client }, { Filters: [filter] })) {
    for (const group of page.AutoScalingGroups ?? []) {
      groups.push({
        minInstances: group.MinSize ?? 0,
        maxInstances: group.MaxSize ?? 0,
        desired: group.DesiredCapacity ?? 0,
        instances: (group.Instances ?? []).map(({ InstanceId, LifecycleState }) => ({
          id: InstanceId ?? "",
          lifecycleState: LifecycleState ?? "",
        })),
      });
    }
  }
  return groups;
}
