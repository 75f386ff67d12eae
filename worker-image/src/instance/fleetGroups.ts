import { AutoScalingClient, paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { fleetTag, fleetTagValue } from "../../../contract/fleet/state";
import { GroupView, QueueCounts } from "./chooseWhenIdle";

/** The queue's counts, which SQS calls approximate. */
export async function readCounts(sqs: SQSClient, queueUrl: string): Promise<QueueCounts> {
  const { Attributes: counts = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(counts.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(counts.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

/** The type's Auto Scaling groups, known by their tag. */
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
