import * as pulumi from "@pulumi/pulumi";
import { fleetTag, fleetTagValue } from "../../contract/fleet/state";
import { usageKey } from "../../contract/fleet/usage";
import { lifetimes, payloadsOf, resultsOf } from "../../contract/records/largeValues";
import { listIndex, unsuccessfulIndex } from "../../contract/records/listKey";
import { parseSecretReference, type SecretReference } from "../../contract/secretReference";
import { type DeployTarget } from "./DeployTarget";

/** Grant or denial of a statement. */
export const Effect = {
  Allow: "Allow",
  Deny: "Deny",
} as const;
export type Effect = (typeof Effect)[keyof typeof Effect];

/** One statement of an IAM policy, with exact actions on exact resources. */
export interface PolicyStatement {
  /** Id of the statement within its policy: letters and digits. @default - none @example "ReadUploads" */
  Sid?: string;
  /** `Allow` or `Deny`. @default - `Allow` @example "Deny" */
  Effect?: Effect;
  /** Actions, such as `s3:GetObject`. @example ["s3:GetObject"] */
  Action: string[];
  /** One or more ARNs of resources. @example "arn:aws:s3:::uploads/*" */
  Resource: pulumi.Input<string> | pulumi.Input<string>[];
  /**
   * Conditions by operator and key, as in IAM.
   * @default - none
   * @example { StringEquals: { "aws:SourceVpc": "vpc-0123456789abcdef0" } }
   */
  Condition?: Record<string, Record<string, pulumi.Input<string | string[]>>>;
}

/** Statements of a policy, some of which may be known only later. */
export type Statements = (PolicyStatement | pulumi.Output<PolicyStatement[]>)[];

/** A maker of statements that allow the actions on the resources that it is given. */
export function allow(Sid: string, ...Action: string[]): (Resource: PolicyStatement["Resource"]) => PolicyStatement {
  return (Resource) => ({ Sid, Action, Resource });
}

export const publishTo = allow("PublishJobs", "sns:Publish");
export const announceTo = allow("AnnounceEnds", "sns:Publish");

/** Creating schedules that act in the role, and removing them again. */
export function schedule(
  sid: "ScheduleJobs" | "WatchActions",
  scheduleArns: pulumi.Input<string>,
  roleArn: pulumi.Input<string>,
): PolicyStatement[] {
  const Condition = { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } };
  return [
    allow(sid, "scheduler:CreateSchedule", "scheduler:DeleteSchedule")(scheduleArns),
    { ...allow("PassScheduleRole", "iam:PassRole")(roleArn), Condition },
  ];
}

export function sendTo(sid: string, queueArn: pulumi.Input<string>): PolicyStatement {
  return allow(sid, "sqs:SendMessage")(queueArn);
}

/** Receiving and deleting the messages of queues that hold no jobs in work. */
export function takeFrom(sid: string, queueArns: pulumi.Input<string>[]): PolicyStatement {
  return allow(sid, "sqs:ReceiveMessage", "sqs:DeleteMessage")(queueArns);
}

export function invoke(sid: string, functionArn: pulumi.Input<string>): PolicyStatement {
  return allow(sid, "lambda:InvokeFunction")(functionArn);
}

export const consumeFrom = allow(
  "ConsumeJobs",
  ...["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
);
export const readBacklog = allow("ReadBacklog", "sqs:GetQueueAttributes");
export const readHandler = allow("ReadHandler", "s3:GetObject");

/**
 * Calls of an instance to its type's groups: keep a hook waiting or complete it, and terminate or replace the instance.
 */
export const endOwnInstance = allow(
  "EndOwnInstance",
  "autoscaling:CompleteLifecycleAction",
  "autoscaling:RecordLifecycleActionHeartbeat",
  "autoscaling:SetInstanceHealth",
  "autoscaling:TerminateInstanceInAutoScalingGroup",
);

/** Finding the groups of a type by their tag. */
export const findOwnGroups = allow("FindOwnGroups", "autoscaling:DescribeAutoScalingGroups")("*");

/** Finding the group of an instance whose tags metadata can't show. */
export const findOwnGroup = allow("FindOwnGroup", "autoscaling:DescribeAutoScalingInstances")("*");

/** Calls of Session Manager's agent for sessions, and no other part of Systems Manager. */
export const openSessions = allow(
  "OpenSessions",
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
)("*");

/** Reporting to the items of one type in the fleet table, and reading them. */
export function reportToFleet(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  return { ...allow("ReportToFleet", "dynamodb:GetItem", "dynamodb:UpdateItem")(tableArn), ...onlyOf(type) };
}

/** Adding to the usage of one type. */
export function countUsage(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  return { ...allow("CountUsage", "dynamodb:UpdateItem")(tableArn), ...onlyOf(usageKey(type)) };
}

/** Writing payloads and checkpoints of one type's jobs, which also returns them. */
export function keepUserData(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  return { ...allow("KeepUserData", "dynamodb:UpdateItem")(tableArn), ...onlyOf(type) };
}

/** Bounds a statement to the items of a hash key, in most tables the type. */
function onlyOf(key: string): Pick<PolicyStatement, "Condition"> {
  return { Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [key] } } };
}

/** Reading the payloads of one type's jobs. A folder each: a wildcard for all lifetimes would match slashes, too. */
export function readLargePayloads(bucketArn: pulumi.Input<string>, type: string): PolicyStatement {
  const folders = lifetimes.map((days) => pulumi.interpolate`${bucketArn}/${payloadsOf(type, days)}*`);
  return allow("ReadLargePayloads", "s3:GetObject")(folders);
}

/** Storing results of one type's jobs. */
export function storeLargeResults(bucketArn: pulumi.Input<string>, type: string): PolicyStatement {
  return allow("StoreLargeResults", "s3:PutObject")(pulumi.interpolate`${bucketArn}/${resultsOf(type)}*`);
}

/** Signing uploads and downloads, copying payloads, and removing what a job has. */
export function keepLargeValues(bucketArn: pulumi.Input<string>): PolicyStatement[] {
  const actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
  return [
    allow("KeepLargeValues", ...actions)(pulumi.interpolate`${bucketArn}/*`),
    // Without it S3 doesn't say that an object is missing, either.
    allow("ListLargeValues", "s3:ListBucket")(bucketArn),
  ];
}

/** Reading the schema of one type. */
export function readSchema(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  return { ...allow("ReadSchema", "dynamodb:GetItem")(tableArn), ...onlyOf(type) };
}

/** Reading the values of the references, and no others. */
export function readSecrets(references: pulumi.Input<string>[]): pulumi.Output<PolicyStatement[]> {
  return pulumi.all(references).apply((texts) => {
    const parsed = texts.flatMap((text) => parseSecretReference(text) ?? []);
    const arnsOf = (service: SecretReference["service"]) =>
      [...new Set(parsed.filter((each) => each.service === service).map(({ arn }) => arn))].sort();
    return [
      { Sid: "ReadSecrets", Action: ["secretsmanager:GetSecretValue"], Resource: arnsOf("secretsmanager") },
      { Sid: "ReadParameters", Action: ["ssm:GetParameters"], Resource: arnsOf("ssm") },
    ].filter(({ Resource }) => Resource.length > 0);
  });
}

export const submitRecords = allow("SubmitRecords", "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem");
export const followRecords = allow("FollowRecords", "dynamodb:GetItem", "dynamodb:UpdateItem");
export const readListed = allow("ReadListed", "dynamodb:BatchGetItem");

/** Finding jobs by the indexes of their records: keys only. */
const queryRecords = allow("ListRecords", "dynamodb:Query");
export function listRecords(tableArn: pulumi.Input<string>): PolicyStatement {
  return queryRecords([listIndex, unsuccessfulIndex].map((index) => pulumi.interpolate`${tableArn}/index/${index}`));
}
export function listOldest(tableArn: pulumi.Input<string>): PolicyStatement {
  return queryRecords(pulumi.interpolate`${tableArn}/index/${listIndex}`);
}

/** Writing, reading and removing jobs' payloads, and removing their checkpoints; to update is to keep for longer. */
export function keepPayloads(tableArn: pulumi.Input<string>, ...further: "dynamodb:UpdateItem"[]): PolicyStatement {
  return allow("KeepPayloads", "dynamodb:BatchWriteItem", "dynamodb:GetItem", ...further)(tableArn);
}

/** Reading the reasons why a type's workers don't start. */
export const readFleets = allow("ReadFleets", "dynamodb:BatchGetItem");
export const readFleetHistory = allow("ReadFleetHistory", "dynamodb:Query");
export const retryLaunches = allow("RetryLaunches", "dynamodb:UpdateItem");
export const keepFleetItems = allow("KeepFleetItems", "dynamodb:Query", "dynamodb:UpdateItem");

/** Keeping the operator's own state. */
export const keepControl = allow(
  "KeepControl",
  ...["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query"],
);

/** Searching the log groups of this deployment. */
export function readLogs({ partition, region }: DeployTarget, fleetTable: pulumi.Input<string>): PolicyStatement {
  const groups = pulumi.interpolate`arn:${partition}:logs:${region}:*:log-group:*`;
  return { ...allow("ReadLogs", "logs:FilterLogEvents")(groups), Condition: ofDeployment("aws", fleetTable) };
}

/** Bounds a statement to what has this deployment's tag: a list would outgrow the policy with the number of types. */
export function ofDeployment(
  prefix: "autoscaling" | "aws",
  fleetTable: pulumi.Input<string>,
): NonNullable<PolicyStatement["Condition"]> {
  const own = pulumi.output(fleetTable).apply((table) => fleetTagValue(table, "*"));
  return { StringLike: { [`${prefix}:ResourceTag/${fleetTag}`]: own } };
}

export function readJobTypes(tableArn: pulumi.Input<string>, ...further: "dynamodb:Scan"[]): PolicyStatement {
  return allow("ReadJobTypes", "dynamodb:GetItem", ...further)(tableArn);
}

export const unscheduleJobs = allow("UnscheduleJobs", "scheduler:DeleteSchedule");

export const keepUnsent = allow("KeepUnsent", "dynamodb:PutItem");
export const takeUnsent = allow("TakeUnsent", "dynamodb:Scan", "dynamodb:DeleteItem");

export function writeLogs(logGroupArn: pulumi.Output<string>): PolicyStatement {
  return allow("WriteLogs", "logs:CreateLogStream", "logs:PutLogEvents")(logGroupArn.apply((arn) => `${arn}:*`));
}

/** Writing flow logs to their log group. */
export function deliverFlowLogs(logGroupArn: pulumi.Input<string>): PolicyStatement[] {
  const write = allow("WriteFlowLogs", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents");
  return [write(pulumi.interpolate`${logGroupArn}:*`), allow("FindLogGroups", "logs:DescribeLogGroups")("*")];
}

/** Pulling an image of a private ECR repository; other registries need no permission. */
export function pullImage(
  image: pulumi.Input<string>,
  partition: pulumi.Output<string>,
): pulumi.Output<PolicyStatement[]> {
  return pulumi.output(image).apply((uri): pulumi.Output<PolicyStatement[]> => {
    const repository = parseEcrImage(uri);
    if (!repository) return pulumi.output<PolicyStatement[]>([]);
    const { account, region, name } = repository;
    const pull = allow("PullImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer");
    return partition.apply((known) => [
      allow("AuthorisePull", "ecr:GetAuthorizationToken")("*"),
      pull(`arn:${known}:ecr:${region}:${account}:repository/${name}`),
    ]);
  });
}

/** Reading the secret of a registry other than ECR; empty without one. */
export function readRegistryCredentials(
  image: pulumi.Input<string>,
  secretArn: pulumi.Input<string>,
): pulumi.Output<PolicyStatement[]> {
  return pulumi.all([image, secretArn]).apply(([uri, arn]) => {
    if (parseEcrImage(uri)) return [];
    return [allow("ReadRegistryCredentials", "secretsmanager:GetSecretValue")(arn)];
  });
}

/**
 * The parts of a private ECR image's name, or undefined for another registry's image. Its host may be that of FIPS, of
 * dual-stack networks, of China or of the European Sovereign Cloud ("Amazon ECR endpoints and quotas").
 */
export function parseEcrImage(
  image: string | undefined,
): { account: string; region: string; name: string } | undefined {
  const classic = String.raw`\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)`;
  const dualStack = String.raw`\.dkr-ecr(?:-fips)?\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn|amazonwebservices\.eu)`;
  const match = new RegExp(String.raw`^(\d{12})(?:${classic}|${dualStack})/([^:@]+)`).exec(image ?? "");
  return match ? { account: match[1]!, region: (match[2] ?? match[3])!, name: match[4]! } : undefined;
}
