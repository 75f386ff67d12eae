import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type LambdaFunction } from "./LambdaFunction";

/**
 * Calls the function each minute. An EventBridge rule needs only a permission, a schedule of EventBridge Scheduler a
 * role with a policy. A failed call isn't repeated: the next one does its work, and repeats would only add load.
 */
export function runEachMinute(
  name: string,
  called: LambdaFunction,
  { description, tags }: { description: string; tags?: aws.Tags },
  child: pulumi.ResourceOptions,
): void {
  const { function: lambda } = called;
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
  const caller = { principal: "events.amazonaws.com", sourceArn: rule.arn };
  const permission = called.permit(`${name}-invoke`, caller, child);
  new aws.cloudwatch.EventTarget(
    `${name}-target`,
    { rule: rule.name, arn: lambda.arn },
    { ...child, dependsOn: [once, permission] },
  );
}
