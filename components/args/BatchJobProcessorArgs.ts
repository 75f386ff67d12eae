import type * as pulumi from "@pulumi/pulumi";
import { type PolicyStatement } from "../aws/permissions";
import { type AlarmsArgs } from "./AlarmsArgs";
import { type BudgetArgs } from "./BudgetArgs";
import { type Authorization, type Metrics } from "./choices";
import { type CorsArgs } from "./CorsArgs";
import { type JwtArgs } from "./JwtArgs";
import { type LambdaArgs } from "./LambdaArgs";
import { type NetworkArgs } from "./NetworkArgs";
import { type ProcessorArgs } from "./ProcessorArgs";
import { type ThrottlingArgs } from "./ThrottlingArgs";
import { type TracesArgs } from "./TracesArgs";

/** Inputs of {@link BatchJobProcessor}. */
export interface BatchJobProcessorArgs {
  /**
   * The job types, at least one; their order has no meaning.
   * @example [{ name: "word-count", handler: "word-count" }]
   */
  processors: ProcessorArgs[];
  /**
   * Keeps job records: states, results, attempts that drains don't use up, idempotent submission. Without them a job
   * costs three DynamoDB writes less, and SQS's count of deliveries is the number of attempts.
   * @default true
   * @example false
   */
  tracking?: boolean;
  /**
   * Keeps each job's payload for 28 days: `GET /jobs/{id}` shows it, and retries and replays need it. It costs a
   * DynamoDB write per job and KB. Not with `tracking: false`; no other input serves, since records hold no payloads.
   * @default true
   * @example false
   */
  keepPayloads?: boolean;
  /**
   * Lets the table of job records be restored to any second of the last 35 days; it costs money by size.
   * @default false
   * @example true
   */
  pointInTimeRecovery?: boolean;
  /**
   * False keeps all `schedules` of the processors from submitting jobs, in a standby region for instance: else every
   * recurring job runs in both. No other input can serve: without the schedules themselves a preview would not show
   * that both regions have the same.
   * @default true
   * @example false
   */
  schedulesEnabled?: boolean;
  /**
   * Publishes every final job state to the topic `eventsTopicArn`; SNS bills it per job.
   * @default false
   * @example true
   */
  events?: boolean;
  /** Authorization of the API's callers: `iam` (SigV4), or `none`. Not with `jwt`. @default iam @example "none" */
  authorization?: Authorization;
  /**
   * Tokens with which the API may be called, in place of AWS credentials. Not with `authorization`.
   * @default - none
   * @example { issuer: "https://login.example.com", audiences: ["jobs"] }
   */
  jwt?: JwtArgs;
  /**
   * Pages of other origins that may call the API from a browser. No other input can serve: API Gateway answers
   * preflight requests itself, before the function. @default - none
   * @example { allowOrigins: ["https://app.example.com"] }
   */
  cors?: CorsArgs;
  /**
   * Requests beyond which the API answers 429.
   * @default - 500 a second, 1,000 at once
   * @example { rateLimit: 1_000 }
   */
  throttling?: ThrottlingArgs;
  /**
   * Network of the workers, and the addresses that they may call.
   * @default - a VPC of public subnets without NAT, which costs nothing idle
   * @example { privateWorkers: true }
   */
  network?: NetworkArgs;
  /** Lets people open a shell on the instances by Session Manager. @default false @example true */
  sessionManager?: boolean;
  /**
   * Container image of the workers. @default - built from the package's worker-image folder, for each architecture used
   * @example "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker:1.4.0"
   */
  image?: pulumi.Input<string>;
  /**
   * Credentials of the registry of `image`, if it isn't ECR: the ARN of a Secrets Manager secret whose value is
   * JSON, `{"username": "…", "password": "…"}`. Instances read it at each pull. `secrets` can't serve: it is for
   * handlers, which run once the image is there.
   * @default - none
   * @example "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-a1B2c3"
   */
  registryCredentials?: pulumi.Input<string>;
  /**
   * Machine image of the instances: the id of one with Docker, or `recommended` for the ECS-optimised Amazon Linux 2023
   * that AWS recommends at the first deployment, which later ones keep. `recommended:LABEL` with another label looks it
   * up again, such as `recommended:2026-11`.
   * @default recommended
   * @example "recommended:2026-11"
   */
  machineImage?: pulumi.Input<string>;
  /**
   * Permissions of all handlers in AWS.
   * @default - none
   * @example [{ Action: ["s3:GetObject"], Resource: "arn:aws:s3:::uploads/*" }]
   */
  policyStatements?: PolicyStatement[];
  /**
   * Environment variables of all workers; a processor's own override them.
   * @default - none
   * @example { LOG_LEVEL: "debug" }
   */
  environment?: Record<string, pulumi.Input<string>>;
  /**
   * Secrets of all handlers, by environment variable: ARNs of Secrets Manager secrets or SSM parameters, as in a
   * processor's `secrets`; a processor's own override them.
   * @default - none
   * @example { DB_PASSWORD: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-a1B2c3#password" }
   */
  secrets?: Record<string, pulumi.Input<string>>;
  /** Days that logs are kept; one of CloudWatch's values. @default 30 @example 90 */
  logRetentionDays?: number;
  /**
   * Dimension of the workers' metrics in CloudWatch: `type`, up to seven metrics for each job type; `component`, up to
   * seven for all of them; or `off`. CloudWatch bills each metric per month of use, see docs/cost.md. No other input
   * can serve: the metrics are written in the workers' log lines.
   * @default type
   * @example "component"
   */
  metrics?: Metrics;
  /**
   * Names of up to two labels by whose values `GET /usage` sums up time and cost, beside type and tenant. Each value in
   * use costs a DynamoDB write per worker and minute, so labels of few values serve best. No other input can serve:
   * which labels matter is the program's to say.
   * @default - none
   * @example ["campaign"]
   */
  usageLabels?: string[];
  /**
   * CloudWatch alarms, few and for all types together, each with its section in docs/operations.md. They cost money,
   * see docs/cost.md.
   * @default - none
   * @example { email: "ops@example.com" }
   */
  alarms?: AlarmsArgs;
  /**
   * The most that the types' instances should cost on a day. It adds an alarm to `alarms`, which it needs, and stops no
   * job. Types of which no price is known need `pricePerInstanceHour`. No other input can serve: what a day may cost is
   * for the program to say.
   * @default - none
   * @example { dollarsPerDay: 25 }
   */
  budget?: BudgetArgs;
  /**
   * Makes a CloudWatch dashboard of the component's jobs, fleets, functions and API, and saved queries of its logs. The
   * dashboard costs $3 a month beyond the account's first three, and its own metric $0.30. Not with `metrics: "off"`.
   * @default false
   * @example true
   */
  dashboard?: boolean;
  /**
   * Receiver of OpenTelemetry spans: when an attempt ends, its worker exports the job's submission, wait and attempt.
   * `environment` can't serve: it would give handlers the headers, and secrets in clear text.
   * @default - none; a trace context of the submitter reaches the handler all the same
   * @example { endpoint: "https://otel.example.com" }
   */
  traces?: TracesArgs;
  /**
   * Memory and concurrency of the front-end Lambda.
   * @default - 512 MB, no concurrency reserved
   * @example { memorySize: 1_024 }
   */
  frontend?: LambdaArgs;
  /**
   * Memory and concurrency of the router Lambda.
   * @default - 256 MB, no concurrency reserved
   * @example { reservedConcurrency: 50 }
   */
  router?: LambdaArgs;
  /**
   * ARN of a customer managed KMS key, for tables, queues, topics, logs, volumes and the bucket of inline handlers. Its
   * policy must let some services use it, and services that publish to the topics, see docs/security.md.
   * @default - AWS's own keys
   * @example "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
   */
  kmsKey?: pulumi.Input<string>;
  /**
   * Tags of every resource that takes tags, instances and volumes included.
   * @default - none
   * @example { team: "media" }
   */
  tags?: Record<string, string>;
}
