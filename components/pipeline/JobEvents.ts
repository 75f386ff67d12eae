import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createQueue } from "../aws/createQueue";
import { KmsKey } from "../aws/encryption";
import { tlsOnlyPolicy } from "../aws/permissions";

/** The topic of final job states, and a queue that keeps the events that it did not take. */
export class JobEvents extends pulumi.ComponentResource {
  readonly topic: aws.sns.Topic;
  readonly keptQueue: aws.sqs.Queue;

  constructor(name: string, args: { kmsKey?: KmsKey; tags?: aws.Tags }, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobEvents", name, {}, opts);
    const child = { parent: this };
    this.topic = new aws.sns.Topic(`${name}-topic`, { kmsMasterKeyId: args.kmsKey, tags: args.tags }, child);
    new aws.sns.TopicPolicy(
      `${name}-topic-policy`,
      { arn: this.topic.arn, policy: tlsOnlyPolicy(["sns:Publish", "sns:Subscribe"], [this.topic.arn]) },
      child,
    );
    this.keptQueue = createQueue(`${name}-kept`, { kmsKey: args.kmsKey, tags: args.tags }, child);
    this.registerOutputs();
  }
}
