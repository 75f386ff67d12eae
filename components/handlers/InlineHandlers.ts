import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { encryptBucket, type KmsKey } from "../aws/encryption";
import { tlsOnlyPolicy } from "../aws/roles";
import { type OwnHandler, shipHandlers, type ShippedHandler } from "./shipHandlers";

/** S3 location of a serialised handler. */
export interface HandlerObject {
  url: pulumi.Output<string>;
  arn: pulumi.Output<string>;
}

/**
 * The program's own handlers, inline or in files: a private bucket with the text of each, named by its content's hash.
 */
export class InlineHandlers extends pulumi.ComponentResource {
  private readonly bucket: aws.s3.Bucket;
  private readonly handlers: Promise<Map<string, ShippedHandler>>;

  constructor(
    name: string,
    args: {
      handlers: OwnHandler[];
      kmsKey?: KmsKey;
      tags?: aws.Tags;
    },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:InlineHandlers", name, {}, opts);
    this.bucket = this.createBucket(name, args.kmsKey, args.tags);
    this.handlers = shipHandlers(args.handlers);
    this.registerOutputs();
  }

  /** Uploads that processor's handler to the bucket, as a resource of the caller. */
  upload(name: string, processor: string, opts: pulumi.CustomResourceOptions): HandlerObject {
    const shipped = known(this.handlers, processor);
    const object = new aws.s3.BucketObjectv2(
      name,
      {
        bucket: this.bucket.id,
        key: shipped.apply(({ hash }) => `${processor}/${hash}.js`),
        content: shipped.apply(({ text }) => text),
        contentType: "text/javascript",
        // An object takes ten tags at most; a provider's default tags may be more.
        overrideProvider: { defaultTags: { tags: {} } },
      },
      opts,
    );
    return {
      url: pulumi.interpolate`s3://${this.bucket.id}/${object.key}`,
      arn: pulumi.interpolate`${this.bucket.arn}/${object.key}`,
    };
  }

  private createBucket(name: string, kmsKey: KmsKey, tags?: aws.Tags): aws.s3.Bucket {
    const child = { parent: this };
    const bucket = new aws.s3.Bucket(`${name}-bucket`, { forceDestroy: true, tags }, child);
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      { bucket: bucket.id, rules: [encryptBucket(kmsKey)] },
      child,
    );
    const access = new aws.s3.BucketPublicAccessBlock(
      `${name}-private`,
      {
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { bucket: bucket.id, policy: bucket.arn.apply((arn) => tlsOnlyPolicy("s3:*", [arn, `${arn}/*`])) },
      // S3 allows one change of a bucket's access at a time.
      { ...child, dependsOn: [access] },
    );
    return bucket;
  }
}

/** The handler, once the outputs in it are known. */
function known(handlers: Promise<Map<string, ShippedHandler>>, type: string): pulumi.Output<ShippedHandler> {
  const handler = handlers.then((all) => all.get(type)!);
  return pulumi.output(handler.then((shipped) => pulumi.all(shipped.outputs).apply(() => shipped)));
}
