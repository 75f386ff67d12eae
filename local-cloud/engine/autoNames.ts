import { createHash } from "node:crypto";
import { defaultsKey, type WireProperties } from "./wire";

/** The input with a resource's name, for types whose names the AWS provider generates if the program gives none. */
const nameInputs: Record<string, string> = {
  ...named(
    "apigatewayv2/api:Api",
    "apigatewayv2/authorizer:Authorizer",
    "autoscaling/group:Group",
    "autoscaling/lifecycleHook:LifecycleHook",
    "autoscaling/policy:Policy",
    "cloudwatch/eventRule:EventRule",
    "cloudwatch/logGroup:LogGroup",
    "cloudwatch/metricAlarm:MetricAlarm",
    "dynamodb/table:Table",
    "ec2/launchTemplate:LaunchTemplate",
    "ec2/securityGroup:SecurityGroup",
    "ecr/repository:Repository",
    "iam/instanceProfile:InstanceProfile",
    "iam/policy:Policy",
    "iam/role:Role",
    "iam/rolePolicy:RolePolicy",
    "lambda/alias:Alias",
    "lambda/function:Function",
    "scheduler/schedule:Schedule",
    "scheduler/scheduleGroup:ScheduleGroup",
    "secretsmanager/secret:Secret",
    "sns/topic:Topic",
    "sqs/queue:Queue",
    "ssm/parameter:Parameter",
  ),
  "aws:lambda/permission:Permission": "statementId",
  "aws:s3/bucket:Bucket": "bucket",
  "aws:s3/bucketV2:BucketV2": "bucket",
};

/** Inputs with a name: the program's, else the resource's present one, else one with a random end. */
export function withName(
  { type, name }: { type: string; name: string },
  olds: WireProperties,
  news: WireProperties,
  randomSeed: Uint8Array,
): WireProperties {
  const input = nameInputs[type];
  if (!input || news[input] !== undefined || news[`${input}Prefix`] !== undefined) return news;
  const isOldOurs = (olds[defaultsKey] as string[] | undefined)?.includes(input);
  const end = createHash("sha256").update(randomSeed).digest("hex").slice(0, 7);
  const suffix = news.fifoQueue || news.fifoTopic ? ".fifo" : "";
  const value = isOldOurs ? olds[input]! : `${name}-${end}${suffix}`;
  return { ...news, [input]: value, [defaultsKey]: [input] };
}

/** True if a replacement would have the name of the resource that it replaces, and so must wait for its deletion. */
export function keepsName(type: string, olds: WireProperties, news: WireProperties): boolean {
  const input = nameInputs[type];
  if (!input || (news[defaultsKey] as string[] | undefined)?.includes(input)) return false;
  return news[input] !== undefined && news[input] === olds[input];
}

function named(...types: string[]): Record<string, string> {
  return Object.fromEntries(types.map((type) => [`aws:${type}`, "name"]));
}
