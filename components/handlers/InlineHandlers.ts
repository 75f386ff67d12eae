import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createBucket } from "../aws/createBucket";
import { type KmsKey } from "../aws/encryption";
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
    this.bucket = createBucket(name, args, { parent: this });
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
}

/** The handler, once the outputs in it are known. */
function known(handlers: Promise<Map<string, ShippedHandler>>, type: string): pulumi.Output<ShippedHandler> {
  const handler = handlers.then((all) => all.get(type)!);
  return pulumi.output(handler.then((shipped) => pulumi.all(shipped.outputs).apply(() => shipped)));
}
