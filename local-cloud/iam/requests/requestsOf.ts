import type { AwsRequest } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";
import { autoScalingAsks } from "./autoScaling";
import { dynamodbAsks } from "./dynamodb";
import { lambdaAsks } from "./lambda";
import { s3Asks } from "./s3";
import { schedulerAsks } from "./scheduler";
import { secretsManagerAsks, ssmAsks } from "./secrets";
import { snsAsks } from "./sns";
import { sqsAsks } from "./sqs";

/** An Auto Scaling group, as far as policies know it. */
export interface KnownGroup {
  arn: string;
  tags: readonly { key: string; value: string }[];
}

/** What of the cloud a call's resources are told by. */
export interface AskSources {
  region: string;
  /** Name of the attribute that is the partition key of the table. */
  hashKeyOf(tableName: string): string | undefined;
  groupOf(named: { group?: string; instance?: string }): KnownGroup | undefined;
  hasObject(bucket: string, key: string): boolean;
  /** ARN of the secret of an ARN or name. */
  secretArnOf(id: string): string | undefined;
}

/** A call, and what its resources are told by. */
export interface Call {
  request: AwsRequest;
  /** As the API calls it: `SendMessageBatch`. */
  operation: string;
  sources: AskSources;
  /** Whether the caller may do something further, which the answer to this call depends on. */
  may: (ask: Ask) => boolean;
}

const byService: Record<string, (call: Call) => Ask[]> = {
  sqs: sqsAsks,
  sns: snsAsks,
  s3: s3Asks,
  dynamodb: dynamodbAsks,
  autoscaling: autoScalingAsks,
  lambda: lambdaAsks,
  scheduler: schedulerAsks,
  secretsmanager: secretsManagerAsks,
  ssm: ssmAsks,
  // Who one is, anybody may ask.
  sts: ({ operation }) => (operation === "GetCallerIdentity" ? [] : [{ action: `sts:${operation}`, resource: "*" }]),
};

/** All that the call asks IAM for. @throws Error for a service that is unknown here */
export function asksOf(request: AwsRequest, operation: string, sources: AskSources, may: (ask: Ask) => boolean): Ask[] {
  const asks = byService[request.service];
  if (!asks) throw new Error(`The local cloud knows no permissions of ${request.service}`);
  return asks({ request, operation, sources, may });
}
