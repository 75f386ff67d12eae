import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { followRecords, invoke, readJobTypes, sendTo } from "../aws/permissions";
import { json } from "../pulumi/json";
import { type JobRouter } from "./JobRouter";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type TypeRemovalArgs = FunctionSettings & {
  router: JobRouter;
  tables: JobTables;
  /** Nudged for the jobs that are sent back. */
  scaler: aws.lambda.Function;
};

/**
 * The Lambda that keeps the waiting jobs of a removed type: it moves them to the unroutable queue before their
 * own is deleted (docs/decisions/0009-removed-types.md). It also sends dead letters back when the front end
 * asks for it: both move messages from one queue to another.
 */
export class TypeRemoval extends pulumi.ComponentResource {
  readonly lambda: LambdaFunction;

  constructor(name: string, args: TypeRemovalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:TypeRemoval", name, {}, opts);
    const { tables, scaler } = args;
    const { unroutableQueue } = args.router;
    this.lambda = new LambdaFunction(
      `${name}-drain`,
      {
        ...args,
        code: "removal",
        environment: {
          TYPE_TABLE: tables.types.name,
          UNROUTABLE_QUEUE_URL: unroutableQueue.url,
          ...(tables.records && { JOB_TABLE: tables.records.name }),
          SCALER_FUNCTION: scaler.name,
        },
        statements: [
          readJobTypes(tables.types.arn),
          sendTo("SendUnroutable", unroutableQueue.arn),
          ...(tables.records ? [followRecords(tables.records.arn), invoke("NudgeScaler", scaler.arn)] : []),
        ],
        // The types' queues and dead-letter queues admit its role.
        calls: ["sqs:ReceiveMessage", "sqs:SendMessage"],
      },
      { parent: this },
    );
    this.registerOutputs();
  }

  /**
   * Calls the function before the type's queues are deleted: by then the resource's dependents are gone, and its
   * dependencies still exist.
   */
  drainBeforeDelete(
    name: string,
    args: { type: string; queueUrls: pulumi.Input<string>[] },
    opts: pulumi.CustomResourceOptions,
  ): aws.lambda.Invocation {
    return new aws.lambda.Invocation(
      name,
      {
        functionName: this.lambda.function.name,
        input: json(args),
        lifecycleScope: "CRUD",
      },
      opts,
    );
  }
}
