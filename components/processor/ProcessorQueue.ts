import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { fixedWorkerSettings } from "../../contract/workerSettings";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { createQueue } from "../aws/createQueue";
import { type KmsKey } from "../aws/encryption";
import { json } from "../aws/json";

export interface ProcessorQueueArgs {
  processor: ProcessorSettings;
  /** Role of the router. The queue's own policy allows it to send, so the role needs no list of queues. */
  routerRoleArn: pulumi.Input<string>;
  /** Role of the repair run, which this queue and its dead-letter queue admit likewise. */
  repairRoleArn: pulumi.Input<string>;
  /** Role of the removal function, which empties both queues before they are deleted, and sends dead letters back. */
  removalRoleArn: pulumi.Input<string>;
  /** Role of the scaler, which reads the queue's counts. */
  scalerRoleArn: pulumi.Input<string>;
  /** True if records count attempts. */
  isTracking: boolean;
  kmsKey?: KmsKey;
  tags?: aws.Tags;
}

/** A job type's queue and dead-letter queue. */
export class ProcessorQueue extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;

  constructor(name: string, args: ProcessorQueueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:ProcessorQueue", name, {}, opts);
    const { scalerRoleArn, kmsKey, tags } = args;
    const child = { parent: this };
    this.deadLetterQueue = createQueue(
      `${name}-dead-letters`,
      {
        users: [
          { sid: "ExplainDeadLetters", actions: explainActions, principal: { AWS: args.repairRoleArn } },
          { sid: "DrainDeadLetters", actions: drainActions, principal: { AWS: args.removalRoleArn } },
          ...(args.isTracking
            ? [{ sid: "ReleaseDeadLetters", actions: releaseActions, principal: { AWS: args.removalRoleArn } }]
            : []),
        ],
        kmsKey,
        tags,
      },
      child,
    );
    this.queue = createQueue(
      `${name}-jobs`,
      {
        visibilityTimeoutSeconds: fixedWorkerSettings.visibilityTimeoutSeconds,
        receiveWaitTimeSeconds: 20,
        redrivePolicy: json({
          deadLetterTargetArn: this.deadLetterQueue.arn,
          maxReceiveCount: args.isTracking ? backstopReceives : args.processor.maxAttempts,
        }),
        users: [
          { sid: "RouteJobs", principal: { AWS: args.routerRoleArn } },
          { sid: "ReplayJobs", principal: { AWS: args.repairRoleArn } },
          { sid: "DrainRemovedType", actions: drainActions, principal: { AWS: args.removalRoleArn } },
          ...(args.isTracking ? [{ sid: "SendJobsBack", principal: { AWS: args.removalRoleArn } }] : []),
          { sid: "CountJobs", actions: ["sqs:GetQueueAttributes"], principal: { AWS: scalerRoleArn } },
        ],
        kmsKey,
        tags,
      },
      child,
    );
    new aws.sqs.RedriveAllowPolicy(
      `${name}-redrive-allow`,
      {
        queueUrl: this.deadLetterQueue.url,
        redriveAllowPolicy: json({ redrivePermission: "byQueue", sourceQueueArns: [this.queue.arn] }),
      },
      child,
    );
    this.registerOutputs();
  }
}

/** Finding dead letters without a reason, and replacing each by one with a reason. */
const explainActions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"];

/** Moving all messages to another queue. */
const drainActions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/** Searching dead letters for those to send back. */
const releaseActions = ["sqs:ChangeMessageVisibility"];

/**
 * The record counts attempts; SQS's own count is only a backstop. Give-backs raise it, and so do useless deliveries
 * during an outage: it is SQS's maximum ("SetQueueAttributes", Amazon SQS API Reference).
 */
const backstopReceives = 1_000;
