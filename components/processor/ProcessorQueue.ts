import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { fixedWorkerSettings } from "../../contract/workerSettings";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { createQueue, type QueueUser } from "../aws/createQueue";
import { type KmsKey } from "../aws/encryption";
import { json } from "../pulumi/json";

export interface ProcessorQueueArgs {
  processor: ProcessorSettings;
  /** Those that its queues admit. */
  users: QueueUsers;
  /** True if records count attempts. */
  isTracking: boolean;
  kmsKey?: KmsKey;
  tags?: aws.Tags;
}

/**
 * ARNs of the roles of the functions that use the queues: the queues' own policies admit them, so that the roles need
 * no list of queues.
 */
type QueueRoles = Record<"router" | "repair" | "removal" | "operator" | "scaler", pulumi.Input<string>>;

/** Users of the queue and the dead-letter queue of each type. */
export interface QueueUsers {
  jobs: pulumi.Output<QueueUser[]>;
  deadLetters: pulumi.Output<QueueUser[]>;
}

/** The users of all types' queues, made once, since an output costs time in each type. */
export function queueUsers(roles: QueueRoles, { isTracking }: { isTracking: boolean }): QueueUsers {
  return {
    jobs: pulumi
      .output(roles)
      .apply(({ router, repair, removal, scaler }) => [
        { sid: "RouteJobs", principal: { AWS: router } },
        { sid: "ReplayJobs", principal: { AWS: repair } },
        { sid: "DrainRemovedType", actions: drainActions, principal: { AWS: removal } },
        ...(isTracking ? [{ sid: "SendJobsBack", principal: { AWS: removal } }] : []),
        { sid: "CountJobs", actions: ["sqs:GetQueueAttributes"], principal: { AWS: scaler } },
      ]),
    deadLetters: pulumi
      .output(roles)
      .apply(({ repair, removal, operator }) => [
        { sid: "ExplainDeadLetters", actions: explainActions, principal: { AWS: repair } },
        { sid: "DrainDeadLetters", actions: drainActions, principal: { AWS: removal } },
        { sid: "CountDeadLetters", actions: ["sqs:GetQueueAttributes"], principal: { AWS: operator } },
        ...(isTracking ? [{ sid: "ReleaseDeadLetters", actions: releaseActions, principal: { AWS: removal } }] : []),
      ]),
  };
}

/** A job type's queue and dead-letter queue. */
export class ProcessorQueue extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;

  constructor(name: string, args: ProcessorQueueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:ProcessorQueue", name, {}, opts);
    const { users, kmsKey, tags } = args;
    const child = { parent: this };
    this.deadLetterQueue = createQueue(`${name}-dead-letters`, { users: users.deadLetters, kmsKey, tags }, child);
    this.queue = createQueue(
      `${name}-jobs`,
      {
        visibilityTimeoutSeconds: fixedWorkerSettings.visibilityTimeoutSeconds,
        receiveWaitTimeSeconds: 20,
        redrivePolicy: json({
          deadLetterTargetArn: this.deadLetterQueue.arn,
          maxReceiveCount: args.isTracking ? backstopReceives : args.processor.maxAttempts,
        }),
        users: users.jobs,
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
