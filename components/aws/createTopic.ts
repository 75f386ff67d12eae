import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type KmsKey } from "./encryption";
import { tlsOnlyPolicy } from "./roles";

/** A topic that accepts TLS only, encrypted if a key is given. */
export function createTopic(
  name: string,
  { kmsKey, tags }: { kmsKey?: KmsKey; tags?: aws.Tags },
  opts: pulumi.ResourceOptions,
): aws.sns.Topic {
  const topic = new aws.sns.Topic(name, { kmsMasterKeyId: kmsKey, tags }, opts);
  const policy = topic.arn.apply((arn) => tlsOnlyPolicy(["sns:Publish", "sns:Subscribe"], [arn]));
  new aws.sns.TopicPolicy(`${name}-policy`, { arn: topic.arn, policy }, opts);
  return topic;
}
