import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { workerMain } from "../../contract/packageRoot";
import { type CloudOptions, type LocalCloud, startCloud } from "../../local-cloud/cloud";
import type { LogEntry } from "../../local-cloud/log";
import { deploy, type StackOutputs } from "../../local-cloud/pulumi/deploy";
import { withhold } from "../permissions/statements";
import { until } from "../support/until";

export { until };

/** A cloud, and what a test uses of it. */
export interface TestCloud {
  cloud: LocalCloud;
  logs: LogEntry[];
  sqs: SQSClient;
  sns: SNSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  up(program: () => unknown, config?: Record<string, string>): Promise<StackOutputs>;
  /** Has the program take the place of what is there. */
  update(program: () => unknown, config?: Record<string, string>): Promise<StackOutputs>;
  stop(): Promise<void>;
}

export async function startTestCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  const logs: LogEntry[] = [];
  const cloud = await startCloud({
    log: (entry) => void logs.push(entry),
    ...options,
    workerMain: options.workerMain ?? workerMain(),
  });
  // The permissions' own test takes one away from a journey so.
  const { PERMISSIONS_WITHOUT: withheld } = process.env;
  if (withheld) withhold(cloud, withheld);
  const { endpoint, region, credentials } = cloud;
  const settings = { endpoint, region, credentials };
  const clients = {
    sqs: new SQSClient(settings),
    sns: new SNSClient(settings),
    s3: new S3Client(settings),
    dynamodb: new DynamoDBClient(settings),
  };
  return {
    cloud,
    logs,
    ...clients,
    up: (program, config) => deploy({ program, cloud, project: "test", stack: "local", config }),
    update: (program, config) => deploy({ program, cloud, project: "test", stack: "local", config, isUpdate: true }),
    stop: async () => {
      Object.values(clients).forEach((client) => client.destroy());
      await cloud.stop();
    },
  };
}

/** Token for the controls under `/_local`. */
export function controlHeaders({ token }: Pick<LocalCloud, "token">): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Waits for one message. */
export async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message> {
  const ask = new ReceiveMessageCommand({
    QueueUrl,
    WaitTimeSeconds: 20,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["All"],
  });
  return until(
    async () => (await sqs.send(ask)).Messages?.[0],
    () => `a message in ${QueueUrl}`,
  );
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("Expected a rejection");
    },
    (error: Error) => error,
  );
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
