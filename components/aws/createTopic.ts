import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type KmsKey } from "./encryption";
import { tlsOnlyPolicy } from "./roles";

/** A service that publishes to a topic for some of its resources. */
export interface TopicPublisher {
  sid: string;
  service: string;
  /** ARN of those resources, with `*`. */
  sourceArn: pulumi.Input<string>;
}

/** A topic that accepts TLS only, encrypted if a key is given. */
export function createTopic(
  name: string,
  { publisher, kmsKey, tags }: { publisher?: TopicPublisher; kmsKey?: KmsKey; tags?: aws.Tags },
  opts: pulumi.ResourceOptions,
): aws.sns.Topic {
  const topic = new aws.sns.Topic(name, { kmsMasterKeyId: kmsKey, tags }, opts);
  const policy = pulumi.all([topic.arn, publisher?.sourceArn]).apply(([arn, sourceArn]) => {
    const allowed = publisher && {
      Sid: publisher.sid,
      Effect: "Allow",
      Principal: { Service: publisher.service },
      Action: "sns:Publish",
      Resource: arn,
      Condition: { ArnLike: { "aws:SourceArn": sourceArn } },
    };
    return tlsOnlyPolicy(["sns:Publish", "sns:Subscribe"], [arn], allowed && [allowed]);
  });
  new aws.sns.TopicPolicy(`${name}-policy`, { arn: topic.arn, policy }, opts);
  return topic;
}
