import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** The two tables: job records, and the job types that the front end and the router know. On demand: idle costs nothing. */
export class JobTables extends pulumi.ComponentResource {
  /** Absent where jobs are not tracked. */
  readonly records: aws.dynamodb.Table | undefined;
  readonly types: aws.dynamodb.Table;

  constructor(name: string, args: { isTracking: boolean; tags?: aws.Tags }, opts?: pulumi.ComponentResourceOptions) {
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
    this.registerOutputs();
  }
}
