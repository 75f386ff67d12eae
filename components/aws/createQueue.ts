import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { limits } from "../../contract/limits";
import { resolve } from "../pulumi/json";
import { encryptQueue, type KmsKey } from "./encryption";
import { fitName } from "./fitName";
import { tlsOnlyPolicy } from "./roles";

/** A principal that may use a queue, beside the roles whose own policies allow it. */
export interface QueueUser {
  sid: string;
  /** Allowed actions. @default - sending */
  actions?: string[];
  principal: { AWS: pulumi.Input<string> } | { Service: string };
  /** ARN of the resource for which a service sends. */
  sourceArn?: pulumi.Input<string>;
}

/** A queue encrypted with SQS's own key or the given one, which accepts TLS only and admits the given users. */
export function createQueue(
  name: string,
  args: Omit<aws.sqs.QueueArgs, "policy"> & { users?: pulumi.Input<QueueUser[]>; kmsKey?: KmsKey },
  opts: pulumi.ResourceOptions,
): aws.sqs.Queue {
  const { users = [], kmsKey, ...queueArgs } = args;
  const queue = new aws.sqs.Queue(
    name,
    {
      ...fitName(name, 80),
      messageRetentionSeconds: limits.queueRetentionSeconds,
      // A job near SNS's 256 KiB, the provider's default, grows: by its reason as a dead letter, and by JSON's escapes
      // in the event of a failed delivery by Lambda or SNS.
      maxMessageSize: limits.maxQueueMessageBytes,
      ...encryptQueue(kmsKey),
      ...queueArgs,
    },
    opts,
  );
  const policy = resolve({ arn: queue.arn, users }, ({ arn, users }) => {
    const statements = users.map(({ sid, actions, principal, ...source }) => ({
      Sid: sid,
      Effect: "Allow",
      Principal: principal,
      Action: actions ?? "sqs:SendMessage",
      Resource: arn,
      // A consumer's mocks may leave it undefined; the condition stays.
      ...("sourceArn" in source && { Condition: { ArnEquals: { "aws:SourceArn": source.sourceArn } } }),
    }));
    return tlsOnlyPolicy("sqs:*", [arn], statements);
  });
  new aws.sqs.QueuePolicy(`${name}-policy`, { queueUrl: queue.url, policy }, opts);
  return queue;
}
