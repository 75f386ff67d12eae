import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { rescueFactory } from "../functions/rescue/lambda";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { defaults } from "./defaults";
import { JobRouter } from "./JobRouter";
import { json } from "./json";
import { LambdaFunction } from "./LambdaFunction";
import { readJobTypes, sendTo } from "./permissions";
import { ProcessorQueue } from "./ProcessorQueue";

export type JobRescueArgs = Pick<BatchJobProcessorArgs, "logRetentionDays" | "tags"> & {
  router: JobRouter;
  typeTable: aws.dynamodb.Table;
};

/**
 * The Lambda that keeps the jobs which wait when their type is removed: it moves them to the unroutable queue before their
 * own is deleted (docs/decisions/0009-removed-types.md).
 */
export class JobRescue extends pulumi.ComponentResource {
  readonly rescue: LambdaFunction;

  constructor(name: string, args: JobRescueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobRescue", name, {}, opts);
    const { unroutableQueue } = args.router;
    this.rescue = new LambdaFunction(
      `${name}-rescue`,
      {
        factory: rescueFactory,
        environment: { TYPE_TABLE: args.typeTable.name, UNROUTABLE_QUEUE_URL: unroutableQueue.url },
        statements: [readJobTypes(args.typeTable.arn), sendTo("SendUnroutable", unroutableQueue.arn)],
        timeoutSeconds: defaults.rescueTimeoutSeconds,
        memorySize: defaults.rescueMemorySize,
        logRetentionDays: args.logRetentionDays ?? defaults.logRetentionDays,
        tags: args.tags,
      },
      { parent: this },
    );
    this.registerOutputs();
  }

  /**
   * Has the function called before the type's queues are deleted: what depends on the resource is gone by then, and what it
   * depends on is still there.
   */
  beforeDeletion(name: string, type: string, queue: ProcessorQueue, parent: pulumi.Resource): aws.lambda.Invocation {
    return new aws.lambda.Invocation(
      name,
      {
        functionName: this.rescue.function.name,
        input: json({ type, queueUrls: [queue.queue.url, queue.deadLetterQueue.url] }),
        lifecycleScope: "CRUD",
      },
      { parent, dependsOn: [queue] },
    );
  }
}
