import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { lifetimes } from "../../contract/records/largeValues";
import { listIndex, unsuccessfulIndex } from "../../contract/records/listKey";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { defaults } from "../args/defaults";
import { createBucket } from "../aws/createBucket";
import { encryptTable } from "../aws/encryption";

export type JobTablesArgs = Pick<
  BatchJobProcessorArgs,
  "tracking" | "keepPayloads" | "pointInTimeRecovery" | "kmsKey" | "tags"
>;

/**
 * Keys only: no write but a job's first touches the first index, and none but a failure, a cancellation and their retry
 * the second. DynamoDB adds one index in a deployment. `keySchemas` would require a later provider than its first 7.
 */
const indexes = [
  { name: listIndex, hashKey: "listKey", rangeKey: "submittedAt", projectionType: "KEYS_ONLY" },
  { name: unsuccessfulIndex, hashKey: "type", rangeKey: "endedAs", projectionType: "KEYS_ONLY" },
];

const ttl = { attributeName: "expiresAt", enabled: true };

/**
 * The tables: job records, users' data beside them, the job types that the functions know, the fleets' state and
 * reports, the router's unsent events, and the operator's state, actions on many jobs among it; and the bucket of large
 * values. On demand: idle costs nothing.
 */
export class JobTables extends pulumi.ComponentResource {
  /** Undefined without `tracking`. */
  readonly records: aws.dynamodb.Table | undefined;
  /**
   * Users' data of jobs, by type, so that a worker's role can be bound to its own: `<id>#payload`, `<id>#checkpoint`.
   * Undefined without `tracking`.
   */
  readonly payloads: aws.dynamodb.Table | undefined;
  readonly keepsPayloads: boolean;
  /** Payloads that are too large for messages. Undefined without `tracking`. */
  readonly largeValues: aws.s3.Bucket | undefined;
  readonly types: aws.dynamodb.Table;
  /** Events that the router keeps while SQS takes nothing: messages of the topic. */
  readonly unsent: aws.dynamodb.Table;
  readonly fleets: aws.dynamodb.Table;
  /** State that is no job's and no fleet's: actions, and `logs` has the time until which their reading is reserved. */
  readonly control: aws.dynamodb.Table;

  constructor(name: string, args: JobTablesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobTables", name, {}, opts);
    const shared = { billingMode: "PAY_PER_REQUEST", ...encryptTable(args.kmsKey), tags: args.tags };
    const createTable = (table: string, own: aws.dynamodb.TableArgs) =>
      new aws.dynamodb.Table(`${name}-${table}`, { ...shared, ...own }, { parent: this });
    const isTracking = args.tracking ?? defaults.tracking;
    this.keepsPayloads = isTracking && (args.keepPayloads ?? defaults.keepPayloads);
    if (isTracking) {
      const pointInTimeRecovery = { enabled: args.pointInTimeRecovery ?? defaults.pointInTimeRecovery };
      this.records = createTable("records", {
        hashKey: "id",
        attributes: strings("id", "listKey", "submittedAt", "type", "endedAs"),
        globalSecondaryIndexes: indexes,
        pointInTimeRecovery,
        ttl,
      });
      this.payloads = createTable("payloads", { ...keyedBy("type", "item"), pointInTimeRecovery, ttl });
      this.largeValues = createLargeValues(`${name}-large-values`, args, { parent: this });
    }
    this.types = createTable("types", keyedBy("type"));
    this.unsent = createTable("unsent", keyedBy("id"));
    this.fleets = createTable("fleets", { ...keyedBy("type", "item"), ttl });
    this.control = createTable("control", { ...keyedBy("key", "item"), ttl });
    this.registerOutputs();
  }
}

function keyedBy(
  hashKey: string,
  rangeKey?: string,
): Pick<aws.dynamodb.TableArgs, "hashKey" | "rangeKey" | "attributes"> {
  return { hashKey, rangeKey, attributes: strings(hashKey, ...(rangeKey === undefined ? [] : [rangeKey])) };
}

/** Attributes of keys. */
function strings(...names: string[]): aws.types.input.dynamodb.TableAttribute[] {
  return names.map((name) => ({ name, type: "S" }));
}

/** The bucket, whose objects are removed by the lifetime that their keys begin with. */
function createLargeValues(name: string, args: JobTablesArgs, opts: pulumi.CustomResourceOptions): aws.s3.Bucket {
  const bucket = createBucket(name, args, opts);
  new aws.s3.BucketLifecycleConfiguration(
    `${name}-lifetimes`,
    {
      bucket: bucket.id,
      rules: lifetimes.map((days) => ({
        ...{ id: `d${days}`, status: "Enabled" },
        ...{ filter: { prefix: `d${days}/` }, expiration: { days } },
      })),
    },
    opts,
  );
  return bucket;
}
