import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { repairFactory } from "../functions/repair/lambda";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { defaults } from "./defaults";
import { JobRouter } from "./JobRouter";
import { JobTables } from "./JobTables";
import { LambdaFunction } from "./LambdaFunction";
import { followRecords, readJobTypes, sendTo, takeFrom } from "./permissions";

export type JobRepairArgs = Pick<BatchJobProcessorArgs, "logRetentionDays" | "tags"> & {
  router: JobRouter;
  tables: JobTables;
};

/**
 * The Lambda that, each minute, routes what the router never got or failed at, and explains the dead letters that SQS
 * moved itself. A rule of EventBridge needs a permission where a schedule of its Scheduler needs a role with a policy.
 */
export class JobRepair extends pulumi.ComponentResource {
  readonly repair: LambdaFunction;

  constructor(name: string, args: JobRepairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobRepair", name, {}, opts);
    const { router, tables, tags } = args;
    this.repair = new LambdaFunction(
      `${name}-repair`,
      {
        factory: repairFactory,
        environment: {
          TYPE_TABLE: tables.types.name,
          ...(tables.records && { JOB_TABLE: tables.records.name }),
          UNROUTABLE_QUEUE_URL: router.unroutableQueue.url,
          FAILURE_QUEUE_URL: router.failureQueue.url,
          UNDELIVERED_QUEUE_URL: router.undeliveredQueue.url,
        },
        statements: [
          readJobTypes(tables.types.arn, "dynamodb:Scan"),
          ...(tables.records ? [followRecords(tables.records.arn)] : []),
          takeFrom("TakeFailed", [router.failureQueue.arn, router.undeliveredQueue.arn]),
          sendTo("SendUnroutable", router.unroutableQueue.arn),
        ],
        timeoutSeconds: defaults.repairTimeoutSeconds,
        memorySize: defaults.repairMemorySize,
        logRetentionDays: args.logRetentionDays ?? defaults.logRetentionDays,
        tags,
      },
      { parent: this },
    );
    this.schedule(name, tags);
    this.registerOutputs();
  }

  private schedule(name: string, tags: aws.Tags | undefined): void {
    const child = { parent: this };
    const { function: lambda } = this.repair;
    // The next run does what a failed one left, so that repeating it would only crowd.
    const once = new aws.lambda.FunctionEventInvokeConfig(
      `${name}-once`,
      { functionName: lambda.name, maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      child,
    );
    const rule = new aws.cloudwatch.EventRule(
      `${name}-schedule`,
      { description: "Repairs what the job router left", scheduleExpression: "rate(1 minute)", tags },
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
}
