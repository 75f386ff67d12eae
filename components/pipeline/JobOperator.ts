import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type DeployTarget } from "../aws/DeployTarget";
import {
  invoke,
  keepControl,
  keepLargeValues,
  readFleets,
  readJobTypes,
  readLogs,
  readRecords,
} from "../aws/permissions";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobOperatorArgs = FunctionSettings & {
  tables: JobTables;
  /** Function that retries launches. */
  scaler: aws.lambda.Function;
  target: DeployTarget;
  /** True if callers may be outside of the account, whose id the queues' URLs contain. */
  hidesQueues: boolean;
};

/**
 * The Lambda that answers in the front end's stead what a single job doesn't need: the front end's archive stays small,
 * and its role has no rights for it (docs/decisions/0018-a-function-for-operators.md).
 */
export class JobOperator extends pulumi.ComponentResource {
  readonly lambda: LambdaFunction;

  constructor(name: string, args: JobOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobOperator", name, {}, opts);
    const { scaler, logGroup, target, hidesQueues } = args;
    const { records, types, fleets, control, largeValues } = args.tables;
    this.lambda = new LambdaFunction(
      `${name}-operator`,
      {
        ...args,
        code: "operator",
        environment: {
          ...{ TYPE_TABLE: types.name, FLEET_TABLE: fleets.name, CONTROL_TABLE: control.name },
          ...(records && { JOB_TABLE: records.name }),
          ...(largeValues && { LARGE_VALUES: largeValues.id }),
          ...{ LOG_GROUP: logGroup.name, SCALER_FUNCTION: scaler.name },
          ...(hidesQueues && { HIDE_QUEUES: "1" }),
        },
        statements: [
          readJobTypes(types.arn, "dynamodb:Scan"),
          readFleets(fleets.arn),
          ...(records ? [readRecords(records.arn), keepControl(control.arn), readLogs(target, fleets.name)] : []),
          invoke("RetryLaunches", scaler.arn),
          ...(largeValues ? keepLargeValues(largeValues.arn) : []),
        ],
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
