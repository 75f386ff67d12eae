import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LambdaFunction } from "./LambdaFunction";

/**
 * Calls the function each minute. A rule of EventBridge needs a permission where a schedule of its Scheduler needs a role
 * with a policy. A call that fails isn't repeated: the next one does what it left, and repeating it would only crowd.
 */
export function runEachMinute(
  name: string,
  { function: lambda }: LambdaFunction,
  { description, tags }: { description: string; tags?: aws.Tags },
  child: pulumi.ResourceOptions,
): void {
  const once = new aws.lambda.FunctionEventInvokeConfig(
    `${name}-once`,
    { functionName: lambda.name, maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    child,
  );
  const rule = new aws.cloudwatch.EventRule(
    `${name}-schedule`,
    { description, scheduleExpression: "rate(1 minute)", tags },
    child,
  );
  const permission = new aws.lambda.Permission(
    `${name}-invoke`,
    {
      action: "lambda:InvokeFunction",
      function: lambda.name,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    child,
  );
  new aws.cloudwatch.EventTarget(
    `${name}-target`,
    { rule: rule.name, arn: lambda.arn },
    { ...child, dependsOn: [once, permission] },
  );
}
