import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/**
 * The tables: job records, the job types that the functions know, and what scaler and workers say of the fleets. On demand:
 * idle costs nothing.
 */
export class JobTables extends pulumi.ComponentResource {
  /** Absent where jobs are not tracked. */
  readonly records: aws.dynamodb.Table | undefined;
  readonly types: aws.dynamodb.Table;
  /** Absent where no scaler keeps it. */
  readonly fleets: aws.dynamodb.Table | undefined;

  constructor(
    name: string,
    args: { isTracking: boolean; hasScaler: boolean; tags?: aws.Tags },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:JobTables", name, {}, opts);
    const shared = { billingMode: "PAY_PER_REQUEST", serverSideEncryption: { enabled: true }, tags: args.tags };
    if (args.isTracking) {
      this.records = new aws.dynamodb.Table(
        `${name}-records`,
        {
          ...shared,
          hashKey: "id",
          attributes: [{ name: "id", type: "S" }],
          ttl: { attributeName: "expiresAt", enabled: true },
        },
        { parent: this },
      );
    }
    this.types = new aws.dynamodb.Table(
      `${name}-types`,
      { ...shared, hashKey: "type", attributes: [{ name: "type", type: "S" }] },
      { parent: this },
    );
    if (args.hasScaler) {
      this.fleets = new aws.dynamodb.Table(
        `${name}-fleets`,
        {
          ...shared,
          hashKey: "type",
          rangeKey: "item",
          attributes: [
            { name: "type", type: "S" },
            { name: "item", type: "S" },
          ],
          ttl: { attributeName: "expiresAt", enabled: true },
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
