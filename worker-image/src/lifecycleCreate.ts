import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { WorkerSettings } from "../../contract/workerSettings";
import { systemClock } from "./clock";
import { Lifecycle } from "./lifecycle";
import { AutoScalingInstanceGroup } from "./lifecycleGroup";
import { InstanceMetadata } from "./lifecycleMetadata";
import { Log } from "./log";

/** The lifecycle of this machine's instance; nothing where metadata is switched off. */
export function createLifecycle(settings: WorkerSettings, sqs: SQSClient, log: Log): Lifecycle | undefined {
  const metadata = InstanceMetadata.fromEnvironment(process.env);
  if (!metadata) return undefined;
  const autoScaling = new AutoScalingClient({
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
  });
  return new Lifecycle({
    settings,
    metadata,
    findGroup: () => AutoScalingInstanceGroup.find(autoScaling, metadata),
    isStillNeeded: async () => (await countWaiting(sqs, settings.queueUrl)) > 0,
    clock: systemClock,
    random: Math.random,
    log,
  });
}

/** Messages that could be received now. */
async function countWaiting(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes: counts } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  return Number(counts?.ApproximateNumberOfMessages ?? 0);
}
