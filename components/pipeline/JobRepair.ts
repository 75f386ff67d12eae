import * as pulumi from "@pulumi/pulumi";
import { announceTo, followRecords, listOldest, readJobTypes, sendTo, takeFrom, takeUnsent } from "../aws/permissions";
import { type EachMinute, runEachMinute } from "./eachMinute";
import { type JobEvents } from "./JobEvents";
import { type JobRouter } from "./JobRouter";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobRepairArgs = FunctionSettings & {
  router: JobRouter;
  tables: JobTables;
  /** Topic of final job states. */
  events?: JobEvents;
};

/**
 * The Lambda that, each minute, routes events that the router never got or failed at, explains the dead letters that
 * SQS moved itself, and ends the jobs whose messages are gone.
 */
export class JobRepair extends pulumi.ComponentResource {
  readonly repair: LambdaFunction;
  readonly minute: EachMinute;

  constructor(name: string, args: JobRepairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobRepair", name, {}, opts);
    const { router, tables, events, tags } = args;
    this.repair = new LambdaFunction(
      `${name}-repair`,
      {
        ...args,
        code: "repair",
        environment: {
          TYPE_TABLE: tables.types.name,
          UNSENT_TABLE: tables.unsent.name,
          ...(tables.records && { JOB_TABLE: tables.records.name }),
          ...(events && { EVENTS_TOPIC_ARN: events.topic.arn, KEPT_EVENTS_QUEUE_URL: events.keptQueue.url }),
          UNROUTABLE_QUEUE_URL: router.unroutableQueue.url,
          FAILURE_QUEUE_URL: router.failureQueue.url,
          UNDELIVERED_QUEUE_URL: router.undeliveredQueue.url,
        },
        statements: [
          readJobTypes(tables.types.arn, "dynamodb:Scan"),
          takeUnsent(tables.unsent.arn),
          ...(tables.records ? [followRecords(tables.records.arn), listOldest(tables.records.arn)] : []),
          ...(events ? [announceTo(events.topic.arn), takeFrom("TakeKept", [events.keptQueue.arn])] : []),
          takeFrom("TakeFailed", [router.failureQueue.arn, router.undeliveredQueue.arn]),
          sendTo("SendUnroutable", router.unroutableQueue.arn),
        ],
        // The types' queues and dead-letter queues admit its role.
        calls: ["sqs:ReceiveMessage", "sqs:SendMessage"],
      },
      { parent: this },
    );
    const description = "Repairs what the job router left";
    this.minute = runEachMinute(name, this.repair, { description, tags }, { parent: this });
    this.registerOutputs();
  }
}
