import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { invoke, readFleets, readJobTypes } from "../aws/permissions";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobOperatorArgs = FunctionSettings & {
  tables: JobTables;
  /** Function that retries launches. */
  scaler: aws.lambda.Function;
};

/**
 * The Lambda that answers in the front end's stead what a single job doesn't need: the front end's archive stays small,
 * and its role has no rights for it (docs/decisions/0018-a-function-for-operators.md).
 */
export class JobOperator extends pulumi.ComponentResource {
  readonly lambda: LambdaFunction;

  constructor(name: string, args: JobOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobOperator", name, {}, opts);
    const { tables, scaler } = args;
    this.lambda = new LambdaFunction(
      `${name}-operator`,
      {
        ...args,
        code: "operator",
        environment: {
          ...{ TYPE_TABLE: tables.types.name, FLEET_TABLE: tables.fleets.name },
          SCALER_FUNCTION: scaler.name,
        },
        statements: [
          readJobTypes(tables.types.arn),
          readFleets(tables.fleets.arn),
          invoke("RetryLaunches", scaler.arn),
        ],
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
