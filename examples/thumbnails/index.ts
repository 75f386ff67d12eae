import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor } from "batch-job-processor";

const uploads = "uploads/";
const width = 320;

const bucket = new aws.s3.Bucket("pictures");
new aws.s3.BucketPublicAccessBlock("pictures-private", {
  bucket: bucket.id,
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
});

const jobs = new BatchJobProcessor("media", {
  processors: [{ name: "thumbnail", handler: "thumbnail", timeoutSeconds: 300 }],
  policyStatements: [
    { Sid: "ReadUploads", Action: ["s3:GetObject"], Resource: pulumi.interpolate`${bucket.arn}/${uploads}*` },
    // The handler writes below it, which no rule below looks at.
    { Sid: "WriteThumbnails", Action: ["s3:PutObject"], Resource: pulumi.interpolate`${bucket.arn}/thumbnails/*` },
    // Without it S3 says of a missing object that access is denied, which is worth retrying.
    { Sid: "TellMissingFromDenied", Action: ["s3:ListBucket"], Resource: bucket.arn },
  ],
});

// S3 tells a function of each upload, and the function publishes a job to the topic.
const logs = new aws.cloudwatch.LogGroup("announce-logs", { retentionInDays: 30 });
const missed = new aws.sqs.Queue("missed-uploads", { messageRetentionSeconds: 1_209_600, sqsManagedSseEnabled: true });
const role = new aws.iam.Role("announce-role", {
  assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" }),
});
const policy = new aws.iam.RolePolicy("announce-policy", {
  role: role.id,
  policy: pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "PublishJobs", Effect: "Allow", Action: ["sns:Publish"], Resource: jobs.topicArn },
      { Sid: "KeepMissed", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: missed.arn },
      {
        Sid: "WriteLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: pulumi.interpolate`${logs.arn}:*`,
      },
    ],
  }),
});
const announce = new aws.lambda.Function(
  "announce",
  {
    code: new pulumi.asset.FileArchive("announce"),
    handler: "index.handler",
    runtime: "nodejs22.x",
    architectures: ["arm64"],
    timeout: 30,
    role: role.arn,
    environment: { variables: { TOPIC_ARN: jobs.topicArn, JOB_TYPE: "thumbnail", WIDTH: String(width) } },
    loggingConfig: { logFormat: "Text", logGroup: logs.name },
  },
  { dependsOn: [policy] },
);
const failures = new aws.lambda.FunctionEventInvokeConfig("announce-failures", {
  functionName: announce.name,
  maximumRetryAttempts: 2,
  destinationConfig: { onFailure: { destination: missed.arn } },
});
const permission = new aws.lambda.Permission("announce-by-s3", {
  action: "lambda:InvokeFunction",
  function: announce.name,
  principal: "s3.amazonaws.com",
  sourceArn: bucket.arn,
  sourceAccount: aws.getCallerIdentityOutput().accountId,
});
new aws.s3.BucketNotification(
  "uploaded",
  {
    bucket: bucket.id,
    lambdaFunctions: [{ lambdaFunctionArn: announce.arn, events: ["s3:ObjectCreated:*"], filterPrefix: uploads }],
  },
  { dependsOn: [permission, failures] },
);

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName } = jobs;
export const bucketName = bucket.bucket;
export const missedUploadsUrl = missed.url;
