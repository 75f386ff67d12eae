import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { createQueue } from "../aws/createQueue";
import { createTopic } from "../aws/createTopic";

/** The topic of final job states, and a queue that keeps the events that it did not take. */
export class JobEvents extends pulumi.ComponentResource {
  readonly topic: aws.sns.Topic;
  readonly keptQueue: aws.sqs.Queue;

  constructor(
    name: string,
    { kmsKey, tags }: Pick<BatchJobProcessorArgs, "kmsKey" | "tags">,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:JobEvents", name, {}, opts);
    const child = { parent: this };
    this.topic = createTopic(`${name}-topic`, { kmsKey, tags }, child);
    this.keptQueue = createQueue(`${name}-kept`, { kmsKey, tags }, child);
    this.registerOutputs();
  }
}
