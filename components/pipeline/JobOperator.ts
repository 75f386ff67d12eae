import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { watchPrefix } from "../../contract/messages/scheduledMessage";
import { type WriteSums } from "../../contract/metrics";
import { type DeployTarget } from "../aws/DeployTarget";
import {
  announceTo,
  invoke,
  keepControl,
  keepLargeValues,
  keepPayloads,
  listRecords,
  type PolicyStatement,
  publishTo,
  readFleetHistory,
  readFleets,
  readJobTypes,
  readListed,
  readLogs,
  retryLaunches,
  schedule,
  submitRecords,
  unscheduleJobs,
} from "../aws/permissions";
import { policyDocument } from "../aws/roles";
import { type EachMinute, runEachMinute } from "./eachMinute";
import { type JobSchedules } from "./JobSchedules";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobOperatorArgs = FunctionSettings & {
  tables: JobTables;
  /** Function that checks types whose launches are retried. */
  scaler: aws.lambda.Function;
  target: DeployTarget;
  /** True if callers may be outside of the account, whose id the queues' URLs contain. */
  hidesQueues: boolean;
  /** Function that sends dead letters back. */
  removal: aws.lambda.Function;
  /** Topic of the jobs that actions submit and retry. */
  topic: aws.sns.Topic;
  /** Topic of jobs' ends; undefined when `events` is off. */
  eventsTopic: aws.sns.Topic | undefined;
  schedules: JobSchedules;
  /** Sums that it writes each minute; it isn't called for none. */
  sums: WriteSums;
};

/**
 * The Lambda that answers in the front end's stead what a single job doesn't need: the front end's archive stays small,
 * and its role has no rights for it (docs/decisions/0018-a-function-for-operators.md).
 */
export class JobOperator extends pulumi.ComponentResource {
  readonly lambda: LambdaFunction;
  /** Undefined if it writes no sums. */
  readonly minute: EachMinute | undefined;

  constructor(name: string, args: JobOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobOperator", name, {}, opts);
    const child = { parent: this };
    const { schedules, sums, tags } = args;
    const own = { code: "operator", environment: environmentOf(args), statements: statementsOf(args) } as const;
    this.lambda = new LambdaFunction(`${name}-operator`, { ...args, ...own }, child);
    if (args.tables.records) {
      new aws.iam.RolePolicy(
        `${name}-watch`,
        {
          role: schedules.role.name,
          policy: policyDocument([invoke("RunActions", this.lambda.function.arn)]),
        },
        child,
      );
    }
    if (sums.writeSums.length > 0) {
      const minute = {
        description: "Writes the sums that alarms and the dashboard read",
        input: JSON.stringify(sums),
        tags,
      };
      this.minute = runEachMinute(name, this.lambda, minute, child);
    }
    this.registerOutputs();
  }
}

function environmentOf(args: JobOperatorArgs): Record<string, pulumi.Input<string>> {
  const { scaler, logGroup, hidesQueues, removal, topic, eventsTopic, schedules } = args;
  const { records, payloads, types, fleets, control, largeValues, keepsPayloads } = args.tables;
  return {
    ...{ TYPE_TABLE: types.name, FLEET_TABLE: fleets.name, CONTROL_TABLE: control.name },
    ...{ LOG_GROUP: logGroup.name, SCALER_FUNCTION: scaler.name, TOPIC_ARN: topic.arn },
    ...{ SCHEDULE_GROUP: schedules.group.name, SCHEDULE_ROLE_ARN: schedules.role.arn },
    ...(records && { JOB_TABLE: records.name, REMOVAL_FUNCTION: removal.name }),
    ...(payloads && { PAYLOAD_TABLE: payloads.name }),
    ...(largeValues && { LARGE_VALUES: largeValues.id }),
    ...(keepsPayloads && { KEEP_PAYLOADS: "1" }),
    ...(eventsTopic && { EVENTS_TOPIC_ARN: eventsTopic.arn }),
    ...(hidesQueues && { HIDE_QUEUES: "1" }),
  };
}

function statementsOf(args: JobOperatorArgs): PolicyStatement[] {
  const { scaler, target, removal, topic, eventsTopic, schedules } = args;
  const { records, payloads, types, fleets, control, largeValues } = args.tables;
  const watched = schedules.arnsOf(watchPrefix);
  return [
    readJobTypes(types.arn, "dynamodb:Scan"),
    readFleets(fleets.arn),
    readFleetHistory(fleets.arn),
    ...(records ? [keepControl(control.arn), readLogs(target, fleets.name)] : []),
    retryLaunches(fleets.arn),
    invoke("CountTypes", scaler.arn),
    ...(largeValues ? keepLargeValues(largeValues.arn) : []),
    ...(records
      ? [
          ...[submitRecords(records.arn), listRecords(records.arn), readListed(records.arn)],
          ...[publishTo(topic.arn), invoke("RetryJobs", removal.arn), unscheduleJobs(schedules.arnsOf())],
          ...schedule("WatchActions", watched, schedules.role.arn),
        ]
      : []),
    ...(payloads ? [keepPayloads(payloads.arn, "dynamodb:UpdateItem")] : []),
    ...(records && eventsTopic ? [announceTo(eventsTopic.arn)] : []),
  ];
}
