import type * as pulumi from "@pulumi/pulumi";
import { type Job, type JobContext } from "../../contract/handlers/handler";
import { type Architecture, architectureOf } from "../aws/instanceTypes";
import { type PolicyStatement } from "../aws/permissions";
import { type Acknowledge, type PayloadForm } from "./choices";
import { defaults } from "./defaults";

/** One processor: a job type's queue, dead-letter queue, fleet and handler. */
export interface ProcessorArgs {
  /** Name of the job type: kebab-case, 1–40 characters, unique in the component. @example "word-count" */
  name: string;
  /**
   * The handler, by name. A path that begins with `./`, `../` or `/` names a file, relative to the program's folder:
   * its default export, `async (job, context) => result`, an object with such a `handle`, or what `defineJob` of
   * `batch-job-processor/job` makes with schemas, runs the jobs. The file is TypeScript or JavaScript, its extension
   * may be left out, and it is bundled with the packages that it imports. Any other text names a module of the worker
   * image: `word-count` stands for its `processors/word-count`.
   * @default - none; exactly one of `handler`, `command` and `handle` is given
   * @example "./jobs/invoice.ts"
   */
  handler?: string;
  /**
   * Program and arguments that run one job, in any language: the job as JSON on standard input and in `JOB_*`
   * variables, the result from standard output.
   * @default - none; exactly one of `handler`, `command` and `handle` is given
   * @example ["python3", "job.py"]
   */
  command?: string[];
  /**
   * Runs one job: written right here, and shipped to the workers as text with what it captures and the packages that
   * it imports.
   * @default - none; exactly one of `handler`, `command` and `handle` is given
   * @example async (job) => ({ length: String(job.payload).length })
   */
  handle?(this: void, job: Job, context: JobContext): Promise<unknown>;
  /** Description for people, in `GET /types`. @default - none @example "Counts the words of a text" */
  description?: string;
  /**
   * JSON Schema of the payload, of draft 2020-12 or draft-07: jobs that don't fit it, or cost too much to check,
   * are refused with 422. `format` only annotates.
   * @default - any payload
   * @example { type: "object", required: ["text"] }
   */
  payloadSchema?: Record<string, unknown>;
  /**
   * Form in which the handler gets a payload: as a `value`, `job.payload`, or as a `file`, `job.payloadFile`, which may
   * have 5 GB in place of 100 MB, need not be JSON, and is not checked: `file` excludes `payloadSchema`.
   * @default value
   * @example "file"
   */
  payloads?: PayloadForm;
  /**
   * Container image of the workers.
   * @default - the component's `image`
   * @example "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker:1.4.0"
   */
  image?: pulumi.Input<string>;
  /**
   * Credentials of the registry of `image`, like the component's.
   * @default - the component's `registryCredentials`
   * @example "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-a1B2c3"
   */
  registryCredentials?: pulumi.Input<string>;
  /**
   * Machine image of the instances, like the component's `machineImage`.
   * @default - the component's `machineImage`
   * @example "ami-0123456789abcdef0"
   */
  machineImage?: pulumi.Input<string>;
  /**
   * EC2 instance types of the workers, of like size: the first one's vCPUs determine the capacity. On demand they are
   * tried in this order; for spot AWS chooses by price and likelihood of interruption. All are either Graviton types,
   * as `c7g.large` is, or x86_64 types, as `c7i.large` is: the worker image is for the architecture that they have.
   * @default c7g.large
   * @example ["c7g.large", "c6g.large"]
   */
  instanceTypes?: string[];
  /**
   * Gives each job an NVIDIA GPU: on AWS's GPU machine image, with as many slots as the instance has GPUs. It needs
   * `instanceTypes` of the g and p families, x86_64, and an `image` that contains CUDA.
   * @default false
   * @example true
   */
  gpu?: boolean;
  /** Runs on spot instances, with on-demand instances as the fallback. @default false @example true */
  spot?: boolean;
  /** With `spot`: number of the first instances that run on demand all the same. @default 0 @example 1 */
  onDemandBaseCapacity?: number;
  /**
   * Dollars that an hour of an instance costs the account, for `usage`: with spot, savings plans or discounts. It
   * counts for all instances of the type.
   * @default - the on-demand price of `instanceTypes` in the region, from a table; none where the table has none
   * @example 0.03
   */
  pricePerInstanceHour?: number;
  /**
   * Size of the encrypted gp3 root volume, in GiB; at least 30, the size of the machine image. It holds the jobs'
   * folders, the system and the worker image; a worker keeps 2 GiB of it free.
   * @default 30
   * @example 100
   */
  rootVolumeGb?: number;
  /**
   * Puts the jobs' folders on the instance's own NVMe disks, striped into one, instead of the root volume. All
   * `instanceTypes` must have such disks, as `c7gd.large` does.
   * @default false
   * @example true
   */
  instanceStore?: boolean;
  /**
   * Concurrent jobs of one worker; 0 stands for the instance's vCPUs, as far as its memory holds as many jobs.
   * @default 0
   * @example 4
   */
  slots?: number;
  /**
   * Memory of each job, in MB, at least 128: of a handler's process, or of a command, with all that they start. A job
   * that needs more is killed and fails as `OutOfMemory`.
   * @default - the instance's memory less 556 MB, divided by the slots
   * @example 1_024
   */
  memoryMegabytes?: number;
  /** Jobs that a worker fetches ahead of its free slots: for jobs of milliseconds. @default 0 @example 10 */
  prefetch?: number;
  /**
   * Time of a message's removal from the queue: `after` the job ended (it runs at least once), or `before` it runs
   * (at most once: a worker's death loses the job).
   * @default after
   * @example "before"
   */
  acknowledge?: Acknowledge;
  /**
   * Longest duration of one attempt, 1–42,600 (11 h 50 min; SQS hides a message for 12 hours at most).
   * @default 900
   * @example 60
   */
  timeoutSeconds?: number;
  /** Attempts before a job is dead-lettered, 1–100. @default 3 @example 5 */
  maxAttempts?: number;
  /**
   * Seconds before the second attempt, 0–900; doubles with each further one, up to 900, with full jitter.
   * @default 2
   * @example 10
   */
  backoffSeconds?: number;
  /**
   * Longest time, in seconds, that running jobs may go on once their worker must stop, up to 42,600; a spot notice
   * leaves less.
   * @default 90
   * @example 300
   */
  drainSeconds?: number;
  /**
   * Idle seconds after which a worker terminates its instance if the type no longer needs it; 0 never. About the cost
   * of another launch.
   * @default 20
   * @example 120
   */
  idleSeconds?: number;
  /**
   * Minimum number of instances from given times on, for known peaks.
   * @default - `minInstances` at all times
   * @example [{ recurrence: "0 8 * * MON-FRI", minInstances: 2 }]
   */
  capacitySchedule?: CapacityChange[];
  /**
   * Instances kept even without work. With a `capacitySchedule` it is only the initial minimum.
   * @default 0
   * @example 1
   */
  minInstances?: number;
  /** Most instances of the fleet. @default 10 @example 50 */
  maxInstances?: number;
  /**
   * Seconds that a job may wait for a slot: an instance is launched only if the present and starting ones would keep a
   * job waiting for longer. There are never more instances than jobs.
   * @default 30
   * @example 120
   */
  targetLatencySeconds?: number;
  /**
   * Duration of a job, in seconds.
   * @default - learned from the workers' reports; 10 until there are any
   * @example 2.5
   */
  secondsPerJob?: number;
  /**
   * Schedules that submit recurring jobs.
   * @default - none
   * @example [{ name: "nightly", expression: "cron(0 2 * * ? *)" }]
   */
  schedules?: JobSchedule[];
  /**
   * Environment variables of the workers. Names that start with `WORKER_`, `JOB_`, `AWS_`, `NODE_` or `LD_`, and
   * `PATH`, `HOME`, `TMPDIR` and `HOSTNAME`, are refused: workers and jobs rely on them. @default - none
   * @example { BUCKET: "uploads" }
   */
  environment?: Record<string, pulumi.Input<string>>;
  /**
   * Secrets of the handlers, by environment variable: the ARN of a Secrets Manager secret, with `#key` behind it for
   * one key of a JSON secret, or of an SSM parameter. Each worker reads the values at its start. Names are as in
   * `environment`, and in only one of the two. `environment` can't serve: it is clear text in the launch template.
   * @default - none but the component's
   * @example { DB_PASSWORD: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-a1B2c3#password" }
   */
  secrets?: Record<string, pulumi.Input<string>>;
  /**
   * Permissions of the handlers in AWS, beside the component's `policyStatements`.
   * @default - none
   * @example [{ Action: ["s3:GetObject"], Resource: "arn:aws:s3:::uploads/*" }]
   */
  policyStatements?: PolicyStatement[];
}

/** A schedule that submits jobs, by EventBridge Scheduler. */
export interface JobSchedule {
  /** Name in kebab-case, 1–40 characters, unique in the processor; the jobs' ids start with it. @example "nightly" */
  name: string;
  /**
   * `rate(5 minutes)`, or `cron(...)` with EventBridge's six fields, such as `cron(0 8 ? * MON-FRI *)`.
   * @example "rate(5 minutes)"
   */
  expression: string;
  /** Time zone of a `cron` expression, such as `Europe/Berlin`. @default - UTC @example "Europe/Berlin" */
  timeZone?: string;
  /** Payload of each job, any JSON value. @default - null @example { days: 1 } */
  payload?: unknown;
  /**
   * Labels of each job, by name: at most 10, names `[a-z][a-z0-9-]{0,39}`, values of 1–100 visible characters.
   * @default - none
   * @example { campaign: "spring" }
   */
  labels?: Record<string, string>;
}

/** A minimum number of instances from each time of a cron expression on. */
export interface CapacityChange {
  /** Times, as five fields of cron, minute to day of week, such as `0 8 * * MON-FRI`. @example "0 8 * * MON-FRI" */
  recurrence: string;
  /** Time zone of `recurrence`, such as `Europe/Berlin`. @default - UTC @example "Europe/Berlin" */
  timeZone?: string;
  /** Minimum from then on, up to the processor's `maxInstances`. @example 2 */
  minInstances: number;
}

/** A processor with a value for every setting that has a default, and what follows from its instance types. */
export type ProcessorSettings = ProcessorArgs &
  Required<Pick<ProcessorArgs, keyof typeof defaults.processor>> & { architecture: Architecture };

/**
 * Fills in a processor's defaults, also of one that is refused; a setting with the value undefined counts as not given.
 */
export function withDefaults(processor: ProcessorArgs): ProcessorSettings {
  const given = Object.fromEntries(
    Object.entries(processor).filter(([, value]) => value !== undefined),
  ) as unknown as ProcessorArgs;
  const settings = { ...defaults.processor, instanceTypes: [...defaults.processor.instanceTypes], ...given };
  const [first] = Array.isArray(settings.instanceTypes) ? settings.instanceTypes : [];
  return { ...settings, architecture: architectureOf(first ?? defaults.processor.instanceTypes[0]) };
}
