import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { repairFactory } from "../functions/repair/lambda";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { defaults } from "./defaults";
import { runEachMinute } from "./eachMinute";
import { JobRouter } from "./JobRouter";
import { JobTables } from "./JobTables";
import { LambdaFunction } from "./LambdaFunction";
import { announceTo, followRecords, readJobTypes, sendTo, takeFrom } from "./permissions";

export type JobRepairArgs = Pick<BatchJobProcessorArgs, "logRetentionDays" | "tags"> & {
  router: JobRouter;
  tables: JobTables;
  /** Where ends are published. */
  eventsTopic?: aws.sns.Topic;
};

/**
 * The Lambda that, each minute, routes what the router never got or failed at, and explains the dead letters that SQS
 * moved itself.
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
          ...(args.eventsTopic && { EVENTS_TOPIC_ARN: args.eventsTopic.arn }),
          UNROUTABLE_QUEUE_URL: router.unroutableQueue.url,
          FAILURE_QUEUE_URL: router.failureQueue.url,
          UNDELIVERED_QUEUE_URL: router.undeliveredQueue.url,
        },
        statements: [
          readJobTypes(tables.types.arn, "dynamodb:Scan"),
          ...(tables.records ? [followRecords(tables.records.arn)] : []),
          ...(args.eventsTopic ? [announceTo(args.eventsTopic.arn)] : []),
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
    runEachMinute(name, this.repair, { description: "Repairs what the job router left", tags }, { parent: this });
    this.registerOutputs();
  }
}
