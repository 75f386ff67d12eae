import * as pulumi from "@pulumi/pulumi";
import { Authorization, Metrics } from "./choices";
import { CorsArgs } from "./CorsArgs";
import { NetworkArgs } from "./NetworkArgs";
import { PolicyStatement } from "../aws/permissions";
import { ProcessorArgs } from "./ProcessorArgs";

/** Inputs of {@link BatchJobProcessor}. */
export interface BatchJobProcessorArgs {
  /** The job types, at least one; their order has no meaning. */
  processors: ProcessorArgs[];
  /**
   * Keeps job records: states, results, attempts that drains don't use up, idempotent submission. Without them a job
   * costs three DynamoDB writes less, and SQS's count of deliveries is the number of attempts.
   * @default true
   */
  tracking?: boolean;
  /** Lists jobs with `GET /jobs`: the index costs one more DynamoDB write per job. @default true */
  listing?: boolean;
  /**
   * Lets the table of job records be restored to any second of the last 35 days; it costs money by size.
   * @default false
   */
  pointInTimeRecovery?: boolean;
  /** Publishes every final job state to the topic `eventsTopicArn`; SNS bills it per job. @default false */
  events?: boolean;
  /** Authorization of the API's callers: `iam` (SigV4), `jwt`, or `none`. @default iam */
  authorization?: Authorization;
  /** Issuer of the tokens, with `authorization: "jwt"`. @default - none */
  jwtIssuer?: pulumi.Input<string>;
  /** Audiences of the tokens, with `authorization: "jwt"`. @default - none */
  jwtAudience?: pulumi.Input<string>[];
  /**
   * Pages of other origins that may call the API from a browser. No other input can serve: API Gateway answers
   * preflight requests itself, before the function. @default - none
   */
  cors?: CorsArgs;
  /** Concurrent requests beyond which the API answers 429. @default 1000 */
  throttlingBurstLimit?: number;
  /** Requests per second beyond which the API answers 429. @default 500 */
  throttlingRateLimit?: number;
  /**
   * Network of the workers, and the addresses that they may call.
   * @default - a VPC of public subnets without NAT, which costs nothing idle
   */
  network?: NetworkArgs;
  /**
   * Gives the component's VPC private subnets, with endpoints for the workers' calls: they cost money while idle, see
   * docs/network.md.
   * @default false
   */
  privateWorkers?: boolean;
  /** Lets people open a shell on the instances by Session Manager. @default false */
  sessionManager?: boolean;
  /**
   * Container image of the workers. @default - built from the package's worker-image folder, for each architecture used
   */
  image?: pulumi.Input<string>;
  /**
   * Credentials of the registry of `image`, if it isn't ECR: the ARN of a Secrets Manager secret whose value is
   * JSON, `{"username": "…", "password": "…"}`. Instances read it at each pull. `secrets` can't serve: it is for
   * handlers, which run once the image is there.
   * @default - none
   */
  registryCredentials?: pulumi.Input<string>;
  /**
   * Machine image of the instances: the id of one with Docker, or `recommended` for the ECS-optimised Amazon Linux 2023
   * that AWS recommends at the first deployment, which later ones keep. `recommended:LABEL` with another label looks it
   * up again, such as `recommended:2026-11`.
   * @default recommended
   */
  machineImage?: pulumi.Input<string>;
  /** Permissions of all handlers in AWS. @default - none */
  policyStatements?: PolicyStatement[];
  /** Environment variables of all workers; a processor's own override them. @default - none */
  environment?: Record<string, pulumi.Input<string>>;
  /**
   * Secrets of all handlers, by environment variable: ARNs of Secrets Manager secrets or SSM parameters, as in a
   * processor's `secrets`; a processor's own override them.
   * @default - none
   */
  secrets?: Record<string, pulumi.Input<string>>;
  /** Days that logs are kept; one of CloudWatch's values. @default 30 */
  logRetentionDays?: number;
  /**
   * Dimension of the workers' metrics in CloudWatch: `type`, up to seven metrics for each job type; `component`, up to
   * seven for all of them; or `off`. CloudWatch bills each metric per month of use, see docs/cost.md. No other input
   * can
   * serve: the metrics are written in the workers' log lines.
   * @default type
   */
  metrics?: Metrics;
  /** Memory of the front-end Lambda, in MB. @default 512 */
  frontendMemorySize?: number;
  /** Concurrency set aside for the front-end Lambda, which also caps it. @default - none */
  frontendReservedConcurrency?: number;
  /** Environments of the front-end Lambda kept warm; they cost money while idle. @default - none */
  frontendProvisionedConcurrency?: number;
  /** Memory of the router Lambda, in MB. @default 256 */
  routerMemorySize?: number;
  /** Concurrency set aside for the router Lambda, which also caps it. @default - none */
  routerReservedConcurrency?: number;
  /** Environments of the router Lambda kept warm; they cost money while idle. @default - none */
  routerProvisionedConcurrency?: number;
  /**
   * ARN of a customer managed KMS key, for tables, queues, topics, logs, volumes and the bucket of inline handlers. Its
   * policy must let some services use it, and services that publish to the topics, see docs/security.md.
   * @default - AWS's own keys
   */
  kmsKey?: pulumi.Input<string>;
  /** Tags of every resource that takes tags, instances and volumes included. @default - none */
  tags?: Record<string, string>;
}
