import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "./components";

const config = new pulumi.Config();

const bucket = new aws.s3.Bucket("data");
new aws.s3.BucketPublicAccessBlock("data-private", {
  bucket: bucket.id,
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
});
new aws.s3.BucketPolicy("data-tls-only", {
  bucket: bucket.id,
  policy: pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyPlainHttp",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  }),
});

const jobs = new BatchJobProcessor("jobs", {
  ...config.getObject<Partial<BatchJobProcessorArgs>>("settings"),
  processors: config.requireObject<ProcessorArgs[]>("processors"),
  policyStatements: [
    {
      Sid: "ReadAndWriteData",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: pulumi.interpolate`${bucket.arn}/*`,
    },
    // Without it S3 says of a missing object that access is denied, which is worth retrying.
    { Sid: "TellMissingFromDenied", Action: ["s3:ListBucket"], Resource: bucket.arn },
  ],
});

export const { url, topicArn, queueUrls, deadLetterQueueUrls, unroutableQueueUrl } = jobs;
export const { routerFailureQueueUrl, undeliveredQueueUrl, jobTableName: jobTable, groupNames: groups } = jobs;
export const { logGroupNames, functionLogGroupName } = jobs;
export const eventsTopicArn = jobs.eventsTopicArn.apply((arn) => arn ?? null);
export const dataBucket = bucket.bucket;
