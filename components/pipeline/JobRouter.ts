import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type LambdaArgs } from "../args/LambdaArgs";
import { createQueue } from "../aws/createQueue";
import { createTopic } from "../aws/createTopic";
import { invoke, keepUnsent, readJobTypes, sendTo } from "../aws/permissions";
import { json } from "../pulumi/json";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobRouterArgs = FunctionSettings & {
  router?: LambdaArgs;
  typeTable: aws.dynamodb.Table;
  /** Table of events that SQS won't take. */
  unsentTable: aws.dynamodb.Table;
  /** Nudged after each send. */
  scaler: aws.lambda.Function;
};

/**
 * The topic that takes jobs and the Lambda that puts each into its type's queue. Nothing is dropped on the way:
 * undeliverable messages, events that the function fails at and unroutable jobs each end in a queue of their own.
 */
export class JobRouter extends pulumi.ComponentResource {
  readonly topic: aws.sns.Topic;
  readonly unroutableQueue: aws.sqs.Queue;
  readonly failureQueue: aws.sqs.Queue;
  readonly undeliveredQueue: aws.sqs.Queue;
  readonly router: LambdaFunction;

  constructor(name: string, args: JobRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobRouter", name, {}, opts);
    const { kmsKey, tags } = args;
    const child = { parent: this };
    this.topic = createTopic(`${name}-topic`, { kmsKey, tags }, child);
    this.unroutableQueue = createQueue(`${name}-unroutable`, { kmsKey, tags }, child);
    this.failureQueue = createQueue(`${name}-failures`, { kmsKey, tags }, child);
    this.undeliveredQueue = createQueue(
      `${name}-undelivered`,
      {
        users: [{ sid: "KeepUndelivered", principal: { Service: "sns.amazonaws.com" }, sourceArn: this.topic.arn }],
        kmsKey,
        tags,
      },
      child,
    );
    this.router = this.createRouter(name, args);
    this.subscribe(name);
    this.registerOutputs();
  }

  private createRouter(name: string, args: JobRouterArgs): LambdaFunction {
    const { scaler, typeTable, unsentTable } = args;
    return new LambdaFunction(
      `${name}-router`,
      {
        ...args,
        ...args.router,
        code: "router",
        environment: {
          TYPE_TABLE: typeTable.name,
          UNSENT_TABLE: unsentTable.name,
          UNROUTABLE_QUEUE_URL: this.unroutableQueue.url,
          SCALER_FUNCTION: scaler.name,
        },
        statements: [
          readJobTypes(typeTable.arn),
          keepUnsent(unsentTable.arn),
          sendTo("SendUnroutable", this.unroutableQueue.arn),
          sendTo("SendFailures", this.failureQueue.arn),
          invoke("NudgeScaler", scaler.arn),
        ],
        // The types' queues allow its role to send.
        calls: ["sqs:SendMessage"],
      },
      { parent: this },
    );
  }

  private subscribe(name: string): void {
    const child = { parent: this };
    const { function: lambda, target } = this.router;
    const failures = new aws.lambda.FunctionEventInvokeConfig(
      `${name}-on-failure`,
      {
        functionName: lambda.name,
        qualifier: target.qualifier,
        maximumRetryAttempts: 2,
        destinationConfig: { onFailure: { destination: this.failureQueue.arn } },
      },
      child,
    );
    const caller = { principal: "sns.amazonaws.com", sourceArn: this.topic.arn };
    const permission = this.router.permit(`${name}-invoke`, caller, child);
    new aws.sns.TopicSubscription(
      `${name}-subscription`,
      {
        topic: this.topic.arn,
        protocol: "lambda",
        endpoint: target.arn,
        redrivePolicy: json({ deadLetterTargetArn: this.undeliveredQueue.arn }),
      },
      { ...child, dependsOn: [failures, permission] },
    );
  }
}
