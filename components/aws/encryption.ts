import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type PolicyStatement } from "./permissions";

/** ARN of the customer managed key; undefined for AWS's own keys, which cost nothing. */
export type KmsKey = pulumi.Input<string> | undefined;

/** Encryption of a queue. SQS reuses its data key for an hour, in which it calls KMS once for each caller. */
export function encryptQueue(kmsKey: KmsKey): Pick<aws.sqs.QueueArgs, EncryptionOfQueue> {
  if (kmsKey === undefined) return { sqsManagedSseEnabled: true };
  return { kmsMasterKeyId: kmsKey, kmsDataKeyReusePeriodSeconds: 3_600 };
}

type EncryptionOfQueue = "sqsManagedSseEnabled" | "kmsMasterKeyId" | "kmsDataKeyReusePeriodSeconds";

/** Encryption of a table; by default with AWS's managed key. */
export function encryptTable(kmsKey: KmsKey): Pick<aws.dynamodb.TableArgs, "serverSideEncryption"> {
  return { serverSideEncryption: { enabled: true, kmsKeyArn: kmsKey } };
}

/** Encryption of a bucket; a bucket key saves most calls of KMS. */
export function encryptBucket(kmsKey: KmsKey): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (kmsKey === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
    bucketKeyEnabled: true,
  };
}

/** Actions on the key that a caller needs for a service's call, by that call. */
const keyActions: [call: RegExp, actions: string[]][] = [
  // "Key management", Amazon SQS Developer Guide; "Managing encryption keys", Amazon SNS Developer Guide.
  [/^(sqs:SendMessage|sns:Publish|s3:PutObject)$/, ["kms:Decrypt", "kms:GenerateDataKey"]],
  [/^sqs:ReceiveMessage$/, ["kms:Decrypt"]],
  // "How DynamoDB uses AWS KMS", of the table key; "Using server-side encryption with AWS KMS", Amazon S3 User Guide.
  [/^(dynamodb:\w+|s3:GetObject)$/, ["kms:Decrypt"]],
];

/** Use of the key for the calls, through the called services alone; empty without a customer managed key. */
export function useKey(kmsKey: KmsKey, calls: string[]): pulumi.Output<PolicyStatement[]>[] {
  const found = calls.flatMap((call) =>
    keyActions
      .filter(([pattern]) => pattern.test(call))
      .map(([, actions]) => ({ actions, service: call.split(":")[0]! })),
  );
  if (kmsKey === undefined || found.length === 0) return [];
  const Action = [...new Set(found.flatMap(({ actions }) => actions))].sort();
  const services = [...new Set(found.map(({ service }) => service))].sort();
  return [
    pulumi.output(kmsKey).apply((arn) => {
      const via = services.map((service) => `${service}.${regionOf(arn)}.${suffixOf(arn)}`);
      return [{ Sid: "UseKey", Action, Resource: arn, Condition: { StringEquals: { "kms:ViaService": via } } }];
    }),
  ];
}

// A consumer's mocks may leave the ARN undefined.
function regionOf(arn: string | undefined): string {
  return arn?.split(":")[3] ?? "";
}

function suffixOf(arn: string | undefined): string {
  return arn?.startsWith("arn:aws-cn:") ? "amazonaws.com.cn" : "amazonaws.com";
}
