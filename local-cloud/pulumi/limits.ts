import { checkedRegion } from "../cloud";
import type { Properties } from "../properties";
import { bucketName } from "../stores/requests/objectRequests";
import type { ResourceContext } from "./resource";

/** Names that AWS takes: the input with the name, and its pattern, by type. */
export const names: Record<string, [field: string, pattern: RegExp]> = {
  // "CreateQueue", Amazon SQS API Reference.
  "aws:sqs/queue:Queue": ["name", /^(?=.{1,80}$)[\w-]+(\.fifo)?$/],
  // "CreateTopic", Amazon SNS API Reference.
  "aws:sns/topic:Topic": ["name", /^(?=.{1,256}$)[\w-]+(\.fifo)?$/],
  // "CreateTable", Amazon DynamoDB API Reference.
  "aws:dynamodb/table:Table": ["name", /^[\w.-]{3,255}$/],
  "aws:s3/bucket:Bucket": ["bucket", bucketName],
  "aws:s3/bucketV2:BucketV2": ["bucket", bucketName],
  // "CreateFunction", "CreateAlias" and "AddPermission", AWS Lambda API Reference.
  "aws:lambda/function:Function": ["name", /^[\w-]{1,64}$/],
  "aws:lambda/alias:Alias": ["name", /^(?!\d+$)[\w-]{1,128}$/],
  "aws:lambda/permission:Permission": ["statementId", /^[\w-]{1,100}$/],
  // "CreateRole", "PutRolePolicy", "CreatePolicy" and "CreateInstanceProfile", IAM API Reference.
  "aws:iam/role:Role": ["name", /^[\w+=,.@-]{1,64}$/],
  "aws:iam/rolePolicy:RolePolicy": ["name", /^[\w+=,.@-]{1,128}$/],
  "aws:iam/policy:Policy": ["name", /^[\w+=,.@-]{1,128}$/],
  "aws:iam/instanceProfile:InstanceProfile": ["name", /^[\w+=,.@-]{1,128}$/],
  // "CreateLogGroup", Amazon CloudWatch Logs API Reference.
  "aws:cloudwatch/logGroup:LogGroup": ["name", /^[.\-_/#A-Za-z0-9]{1,512}$/],
  // "PutRule", Amazon EventBridge API Reference.
  "aws:cloudwatch/eventRule:EventRule": ["name", /^[.\-_A-Za-z0-9]{1,64}$/],
  // "CreateScheduleGroup" and "CreateSchedule", EventBridge Scheduler API Reference.
  "aws:scheduler/scheduleGroup:ScheduleGroup": ["name", /^[.\-_A-Za-z0-9]{1,64}$/],
  "aws:scheduler/schedule:Schedule": ["name", /^[.\-_A-Za-z0-9]{1,64}$/],
  // "CreateSecret", AWS Secrets Manager API Reference; "PutParameter", AWS Systems Manager API Reference.
  "aws:secretsmanager/secret:Secret": ["name", /^[\w/+=.@!-]{1,512}$/],
  "aws:ssm/parameter:Parameter": ["name", /^(?!\/?(aws|ssm))[\w./-]{1,1011}$/i],
  // "CreateLaunchTemplate" and "CreateSecurityGroup", Amazon EC2 API Reference.
  "aws:ec2/launchTemplate:LaunchTemplate": ["name", /^[\w().\-/]{3,128}$/],
  "aws:ec2/securityGroup:SecurityGroup": ["name", /^(?!sg-)[\w .\-:/()#,@[\]+=&;{}!$*]{1,255}$/],
  // "CreateAutoScalingGroup", Amazon EC2 Auto Scaling API Reference.
  "aws:autoscaling/group:Group": ["name", /^[^:]{1,255}$/],
  // "CreateApi", Amazon API Gateway V2.
  "aws:apigatewayv2/api:Api": ["name", /^.{1,128}$/],
};

/** @throws Error if AWS or its provider would refuse inputs that the local cloud itself could take */
export function checkLimits(inputs: Properties, { cloud, type, name }: ResourceContext): void {
  const { region } = inputs;
  if (type === "pulumi:providers:aws" && region !== undefined && region !== cloud.region) checkedRegion(region);
  const [field, pattern] = names[type] ?? [];
  if (!field || !pattern) return;
  const given = inputs[field];
  const prefix = inputs[`${field}Prefix`];
  // Without a name the provider makes one, of the logical name and seven digits.
  const made = `${typeof prefix === "string" ? prefix : `${name}-`}0000000`;
  const checked = typeof given === "string" && given !== "" ? given : made;
  if (!pattern.test(checked)) {
    throw new Error(`Expected \`${field}\` as AWS takes it, ${String(pattern)}, got ${JSON.stringify(checked)}`);
  }
}
