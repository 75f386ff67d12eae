import * as pulumi from "@pulumi/pulumi";
import { listIndex } from "../../contract/records/listKey";
import { parseSecretReference, type SecretReference } from "../../contract/secretReference";

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

export function publishTo(topicArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "PublishJobs", Action: ["sns:Publish"], Resource: topicArn };
}

/** Creating one-time schedules that act in the role, and removing them again. */
export function scheduleJobs(scheduleArns: pulumi.Input<string>, roleArn: pulumi.Input<string>): PolicyStatement[] {
  return [
    { Sid: "ScheduleJobs", Action: ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], Resource: scheduleArns },
    {
      Sid: "PassScheduleRole",
      Action: ["iam:PassRole"],
      Resource: roleArn,
      Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    },
  ];
}

export function announceTo(topicArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "AnnounceEnds", Action: ["sns:Publish"], Resource: topicArn };
}

export function sendTo(sid: string, queueArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: sid, Action: ["sqs:SendMessage"], Resource: queueArn };
}

/** Receiving and deleting the messages of queues that hold no jobs in work. */
export function takeFrom(sid: string, queueArns: pulumi.Input<string>[]): PolicyStatement {
  return { Sid: sid, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource: queueArns };
}

export function consumeFrom(queueArn: pulumi.Input<string>): PolicyStatement {
  return {
    Sid: "ConsumeJobs",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
    Resource: queueArn,
  };
}

/**
 * Calls of an instance to its type's groups: keep a hook waiting or complete it, and terminate or replace the instance.
 */
export function endOwnInstance(groupArns: pulumi.Input<string>[]): PolicyStatement {
  return {
    Sid: "EndOwnInstance",
    Action: [
      "autoscaling:CompleteLifecycleAction",
      "autoscaling:RecordLifecycleActionHeartbeat",
      "autoscaling:SetInstanceHealth",
      "autoscaling:TerminateInstanceInAutoScalingGroup",
    ],
    Resource: groupArns,
  };
}

/** Finding the groups of a type by their tag. */
export function findOwnGroups(): PolicyStatement {
  return { Sid: "FindOwnGroups", Action: ["autoscaling:DescribeAutoScalingGroups"], Resource: "*" };
}

/** Reporting to the items of one type in the fleet table, and reading them. */
export function reportToFleet(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  const Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"];
  return { Sid: "ReportToFleet", Action, Resource: tableArn, Condition: onlyOf(type) };
}

/** Writing payloads and checkpoints of one type's jobs, which also returns them. */
export function keepUserData(tableArn: pulumi.Input<string>, type: string): PolicyStatement {
  return { Sid: "KeepUserData", Action: ["dynamodb:UpdateItem"], Resource: tableArn, Condition: onlyOf(type) };
}

/** Bounds a statement to the items of a type, in tables whose hash key is the type. */
function onlyOf(type: string): NonNullable<PolicyStatement["Condition"]> {
  return { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [type] } };
}

/** Calls of Session Manager's agent for sessions, and no other part of Systems Manager. */
export function openSessions(): PolicyStatement {
  return {
    Sid: "OpenSessions",
    Action: [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ],
    Resource: "*",
  };
}

/** Finding the group of an instance whose tags metadata can't show. */
export function findOwnGroup(): PolicyStatement {
  return { Sid: "FindOwnGroup", Action: ["autoscaling:DescribeAutoScalingInstances"], Resource: "*" };
}

export function invoke(sid: string, functionArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: sid, Action: ["lambda:InvokeFunction"], Resource: functionArn };
}

export function readBacklog(queueArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "ReadBacklog", Action: ["sqs:GetQueueAttributes"], Resource: queueArn };
}

export function readHandler(objectArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "ReadHandler", Action: ["s3:GetObject"], Resource: objectArn };
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

export function submitRecords(tableArn: pulumi.Input<string>): PolicyStatement {
  return {
    Sid: "SubmitRecords",
    Action: ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
    Resource: tableArn,
  };
}

/** Finding jobs by the index of their records: keys only. */
export function listRecords(tableArn: pulumi.Input<string>): PolicyStatement {
  const Resource = pulumi.interpolate`${tableArn}/index/${listIndex}`;
  return { Sid: "ListRecords", Action: ["dynamodb:Query"], Resource };
}

export function readListed(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "ReadListed", Action: ["dynamodb:BatchGetItem"], Resource: tableArn };
}

/** Writing, reading and removing jobs' payloads, and removing their checkpoints. */
export function keepPayloads(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "KeepPayloads", Action: ["dynamodb:BatchWriteItem", "dynamodb:GetItem"], Resource: tableArn };
}

export function followRecords(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "FollowRecords", Action: ["dynamodb:GetItem", "dynamodb:UpdateItem"], Resource: tableArn };
}

/** Reading the reasons why a type's workers don't start. */
export function readFleets(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "ReadFleets", Action: ["dynamodb:BatchGetItem"], Resource: tableArn };
}

export function readJobTypes(tableArn: pulumi.Input<string>, ...further: "dynamodb:Scan"[]): PolicyStatement {
  return { Sid: "ReadJobTypes", Action: ["dynamodb:GetItem", ...further], Resource: tableArn };
}

export function keepUnsent(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "KeepUnsent", Action: ["dynamodb:PutItem"], Resource: tableArn };
}

export function takeUnsent(tableArn: pulumi.Input<string>): PolicyStatement {
  return { Sid: "TakeUnsent", Action: ["dynamodb:Scan", "dynamodb:DeleteItem"], Resource: tableArn };
}

export function writeLogs(logGroupArn: pulumi.Output<string>): PolicyStatement {
  const Resource = logGroupArn.apply((arn) => `${arn}:*`);
  return { Sid: "WriteLogs", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource };
}

/** Writing flow logs to their log group. */
export function deliverFlowLogs(logGroupArn: pulumi.Input<string>): pulumi.Output<PolicyStatement[]> {
  return pulumi.output(logGroupArn).apply((arn) => [
    {
      Sid: "WriteFlowLogs",
      Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Resource: `${arn}:*`,
    },
    { Sid: "FindLogGroups", Action: ["logs:DescribeLogGroups"], Resource: "*" },
  ]);
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
    return partition.apply((known) => [
      { Sid: "AuthorisePull", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
      {
        Sid: "PullImage",
        Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: `arn:${known}:ecr:${region}:${account}:repository/${name}`,
      },
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
    return [{ Sid: "ReadRegistryCredentials", Action: ["secretsmanager:GetSecretValue"], Resource: arn }];
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
