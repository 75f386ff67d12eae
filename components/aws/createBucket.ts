import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { encryptBucket, type KmsKey } from "./encryption";
import { tlsOnlyPolicy } from "./roles";

/** A private, encrypted bucket for HTTPS alone, which is emptied when it is deleted. */
export function createBucket(
  name: string,
  { kmsKey, tags }: { kmsKey?: KmsKey; tags?: aws.Tags },
  opts: pulumi.CustomResourceOptions,
): aws.s3.Bucket {
  const bucket = new aws.s3.Bucket(`${name}-bucket`, { forceDestroy: true, tags }, opts);
  new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-encryption`,
    { bucket: bucket.id, rules: [encryptBucket(kmsKey)] },
    opts,
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
    opts,
  );
  new aws.s3.BucketPolicy(
    `${name}-policy`,
    { bucket: bucket.id, policy: bucket.arn.apply((arn) => tlsOnlyPolicy("s3:*", [arn, `${arn}/*`])) },
    // S3 allows one change of a bucket's access at a time.
    { ...opts, dependsOn: [access] },
  );
  return bucket;
}
