import type { SQSClient } from "@aws-sdk/client-sqs";
import { AwsCredentials, isOnThisMachine } from "./authorization";

/** SQS, with its client; loaded with the first call that needs it. */
export type Sqs = typeof import("@aws-sdk/client-sqs") & { client: SQSClient };

/** SQS where the queue is. On this machine nobody asks who it is that calls. */
export async function loadSqs(queueUrl: string, credentials?: AwsCredentials | (() => Promise<AwsCredentials>)) {
  const sqs = await import("@aws-sdk/client-sqs");
  const url = new URL(queueUrl);
  const isLocal = isOnThisMachine(url);
  const region =
    /(?:^|\.)sqs\.([a-z0-9-]+)\.amazonaws\./.exec(url.hostname)?.[1] ?? (isLocal ? "us-east-1" : undefined);
  const client = new sqs.SQSClient({
    ...(region && { region }),
    ...(isLocal && { endpoint: url.origin }),
    credentials: credentials ?? (isLocal ? { accessKeyId: "local", secretAccessKey: "local" } : undefined),
  });
  return { ...sqs, client };
}
