import type { AddressInfo } from "node:net";
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateTopicCommand, SetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import dynalite from "dynalite";

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const region = "us-east-1";

/** DynamoDB, SNS and SQS on loopback, spoken to in the real protocols. */
export class Emulators {
  readonly tables: DynamoDBClient;
  readonly queues: SQSClient;
  readonly topics: SNSClient;

  private constructor(
    private readonly messagingUrl: string,
    private readonly tablesUrl: string,
    private readonly stopServers: () => Promise<void>,
  ) {
    this.tables = new DynamoDBClient({ region, credentials, endpoint: tablesUrl });
    this.queues = new SQSClient({ region, credentials, endpoint: messagingUrl });
    this.topics = new SNSClient({ region, credentials, endpoint: messagingUrl });
  }

  static async start(): Promise<Emulators> {
    const { buildApp } = await import("fauxqs");
    const messaging = buildApp({ logger: false });
    const messagingUrl = await messaging.listen({ host: "127.0.0.1", port: 0 });
    const tables = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => tables.listen(0, "127.0.0.1", resolve));
    const { port } = tables.address() as AddressInfo;
    return new Emulators(messagingUrl, `http://127.0.0.1:${port}`, async () => {
      await messaging.close();
      tables.closeAllConnections();
      await new Promise((resolve) => tables.close(resolve));
    });
  }

  async stop(): Promise<void> {
    for (const client of [this.tables, this.queues, this.topics]) client.destroy();
    await this.stopServers();
  }

  /** Options that point an AWS client at these emulators. */
  environment(): Record<string, string> {
    return {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: this.messagingUrl,
      AWS_ENDPOINT_URL_DYNAMODB: this.tablesUrl,
    };
  }

  async createTable(name: string, key: string, sortKey?: string): Promise<void> {
    const keys = sortKey === undefined ? [key] : [key, sortKey];
    await this.tables.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      }),
    );
    // Even at once is a moment later.
    const describe = new DescribeTableCommand({ TableName: name });
    while ((await this.tables.send(describe)).Table?.TableStatus !== "ACTIVE");
  }

  async createQueue(name: string): Promise<string> {
    return (await this.queues.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl!;
  }

  /** A topic whose messages land, bare, in the queue. */
  async createTopic(name: string, queueUrl: string): Promise<string> {
    const { TopicArn } = await this.topics.send(new CreateTopicCommand({ Name: name }));
    const { Attributes } = await this.queues.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
    );
    const { SubscriptionArn } = await this.topics.send(
      new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Attributes!.QueueArn, ReturnSubscriptionArn: true }),
    );
    await this.topics.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: "RawMessageDelivery",
        AttributeValue: "true",
      }),
    );
    return TopicArn!;
  }

  /** The messages of a queue, as many as one call gives. */
  async receive(queueUrl: string): Promise<Message[]> {
    const { Messages } = await this.queues.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    return Messages ?? [];
  }
}
