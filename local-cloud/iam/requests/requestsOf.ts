import type { AwsRequest } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";
import { autoScalingAsks } from "./autoScaling";
import type { AskSources, Call } from "./call";
import { dynamodbAsks } from "./dynamodb";
import { lambdaAsks } from "./lambda";
import { logsAsks } from "./logs";
import { s3Asks } from "./s3";
import { schedulerAsks } from "./scheduler";
import { secretsManagerAsks, ssmAsks } from "./secrets";
import { snsAsks } from "./sns";
import { sqsAsks } from "./sqs";

const byService: Record<string, (call: Call) => Ask[]> = {
  sqs: sqsAsks,
  sns: snsAsks,
  s3: s3Asks,
  dynamodb: dynamodbAsks,
  autoscaling: autoScalingAsks,
  lambda: lambdaAsks,
  logs: logsAsks,
  scheduler: schedulerAsks,
  secretsmanager: secretsManagerAsks,
  ssm: ssmAsks,
  // GetCallerIdentity needs no permission.
  sts: ({ operation }) => (operation === "GetCallerIdentity" ? [] : [{ action: `sts:${operation}`, resource: "*" }]),
};

/** All actions that the call needs. @throws Error for an unknown service */
export function asksOf(request: AwsRequest, operation: string, sources: AskSources, may: (ask: Ask) => boolean): Ask[] {
  const asks = byService[request.service];
  if (!asks) throw new Error(`The local cloud knows no permissions of ${request.service}`);
  return asks({ request, operation, sources, may });
}
