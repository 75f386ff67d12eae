import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type LambdaFunction } from "./LambdaFunction";

export interface MinuteArgs {
  description: string;
  /** Event of each call. @default - EventBridge's own */
  input?: string;
  tags?: aws.Tags;
}

/** A function's run of each minute. */
export interface EachMinute {
  rule: aws.cloudwatch.EventRule;
  /** The alias that the rule calls: its metrics count no other calls of the function. */
  alias: aws.lambda.Alias;
}

/**
 * Calls the function each minute. An EventBridge rule needs only a permission, a schedule of EventBridge Scheduler a
 * role with a policy. A failed call isn't repeated: the next one does its work, and repeats would only add load.
 */
export function runEachMinute(
  name: string,
  called: LambdaFunction,
  { description, input, tags }: MinuteArgs,
  child: pulumi.ResourceOptions,
): EachMinute {
  const { function: lambda } = called;
  const alias = new aws.lambda.Alias(
    `${name}-minute`,
    { functionName: lambda.name, functionVersion: "$LATEST", name: "minute" },
    child,
  );
  const once = neverRepeat(`${name}-minute-once`, lambda, child, alias.name);
  const rule = new aws.cloudwatch.EventRule(
    `${name}-schedule`,
    { description, scheduleExpression: "rate(1 minute)", tags },
    child,
  );
  const caller = { principal: "events.amazonaws.com", sourceArn: rule.arn, qualifier: alias.name };
  const permission = called.permit(`${name}-invoke`, caller, child);
  new aws.cloudwatch.EventTarget(
    `${name}-target`,
    { rule: rule.name, arn: alias.arn, input },
    { ...child, dependsOn: [once, permission] },
  );
  return { rule, alias };
}

/** Lets a failed asynchronous call of the function, or of its alias, not be repeated. */
export function neverRepeat(
  name: string,
  lambda: aws.lambda.Function,
  child: pulumi.ResourceOptions,
  qualifier?: pulumi.Input<string>,
): aws.lambda.FunctionEventInvokeConfig {
  const never = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };
  return new aws.lambda.FunctionEventInvokeConfig(name, { functionName: lambda.name, qualifier, ...never }, child);
}
