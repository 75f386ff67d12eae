import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { encryptBucket, type KmsKey } from "../aws/encryption";
import { tlsOnlyPolicy } from "../aws/roles";
import { type SerialisedHandler } from "./serialiseHandler";
import { type OwnHandler, shipHandlers } from "./shipHandlers";

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
  private readonly texts: Promise<Map<string, SerialisedHandler>>;

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
    this.texts = shipHandlers(args.handlers);
    this.registerOutputs();
  }

  /** Uploads that processor's handler to the bucket, as a resource of the caller. */
  upload(name: string, processor: string, opts: pulumi.CustomResourceOptions): HandlerObject {
    const text = textOf(this.texts, processor);
    const key = text.apply((content) => `${processor}/${createHash("sha256").update(content).digest("hex")}.js`);
    const object = new aws.s3.BucketObjectv2(
      name,
      {
        bucket: this.bucket.id,
        key,
        content: text,
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
      { bucket: bucket.id, policy: tlsOnlyPolicy("s3:*", [bucket.arn, pulumi.interpolate`${bucket.arn}/*`]) },
      // S3 allows one change of a bucket's access at a time.
      { ...child, dependsOn: [access] },
    );
    return bucket;
  }
}

/** The text, once the outputs in it are known. */
function textOf(texts: Promise<Map<string, SerialisedHandler>>, type: string): pulumi.Output<string> {
  const known = texts.then((handlers) => {
    const { text, outputs } = handlers.get(type)!;
    return pulumi.all([text, ...outputs]).apply(() => text);
  });
  return pulumi.output(known);
}
