import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { encryptBucket, KmsKey } from "../aws/encryption";
import { tlsOnlyPolicy } from "../aws/permissions";
import { JobHandler } from "../../contract/handler";
import { SerialisedHandler, serialiseHandler } from "./serialiseHandler";
import { smokeLoad } from "./smokeLoad";
import { findMissingPackages } from "./stockPackages";

/** S3 location of a serialised handler. */
export interface HandlerObject {
  url: pulumi.Output<string>;
  arn: pulumi.Output<string>;
}

/** The handler of a job type. */
export interface InlineHandler {
  type: string;
  handle: JobHandler<never>;
  /** True if the type's workers run the stock image, whose packages are known. */
  isStockImage: boolean;
}

/** The inline handlers of a component: a private bucket with the text of each, named by its content's hash. */
export class InlineHandlers extends pulumi.ComponentResource {
  private readonly bucket: aws.s3.Bucket;
  private readonly serialised: Promise<Map<string, SerialisedHandler>>;

  constructor(
    name: string,
    args: {
      handlers: InlineHandler[];
      kmsKey?: KmsKey;
      tags?: aws.Tags;
    },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:InlineHandlers", name, {}, opts);
    this.bucket = this.createBucket(name, args.kmsKey, args.tags);
    this.serialised = serialiseAll(args.handlers);
    this.registerOutputs();
  }

  /** Uploads that processor's handler to the bucket, as a resource of the caller. */
  upload(name: string, processor: string, opts: pulumi.CustomResourceOptions): HandlerObject {
    const text = textOf(this.serialised, processor);
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
function textOf(serialised: Promise<Map<string, SerialisedHandler>>, type: string): pulumi.Output<string> {
  const known = serialised.then((handlers) => {
    const { text, outputs } = handlers.get(type)!;
    return pulumi.all([text, ...outputs]).apply(() => text);
  });
  return pulumi.output(known);
}

/** Serialises all handlers, and loads them on trial; rejects with all problems, by processor. */
async function serialiseAll(handlers: InlineHandler[]): Promise<Map<string, SerialisedHandler>> {
  const all = new Map<string, SerialisedHandler>();
  const problems: Record<string, string> = {};
  for (const { type, handle, isStockImage } of handlers) {
    try {
      const serialised = await serialiseHandler(handle);
      const missing = isStockImage ? findMissingPackages(serialised.text) : undefined;
      if (missing === undefined) all.set(type, serialised);
      else problems[type] = missing;
    } catch (error) {
      problems[type] = (error as Error).message;
    }
  }
  const texts = Object.fromEntries([...all].map(([type, { text }]) => [type, text]));
  if (all.size > 0) Object.assign(problems, await smokeLoad(texts));
  const lines = Object.entries(problems).map(([name, reason]) => `  the handler of processor "${name}": ${reason}`);
  if (lines.length > 0) throw new pulumi.RunError(`Inline handlers that a worker could not run:\n${lines.join("\n")}`);
  return all;
}
