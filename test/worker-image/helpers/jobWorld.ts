import { randomUUID } from "node:crypto";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { encodeEnvelope, type JobEnvelope } from "../../../contract/messages/envelope";
import { decodeRecord, encodeRecord, type JobRecord } from "../../../contract/records/record";
import { encodeWorkerSettings, type WorkerSettings } from "../../../contract/workerSettings";
import { until } from "../../support/until";
import { credentials, region, startDynamo, startSqsAndS3 } from "./aws";
import { settings as defaults } from "./doubles";

/** Queues and a table, and what a client does with them. */
export async function createJobWorld() {
  const dynamo = await startDynamo();
  const sqsAndS3 = await startSqsAndS3();
  const sqs = new SQSClient({ endpoint: sqsAndS3.endpoint, region, credentials });
  await dynamo.createTable("jobs", "id");
  await dynamo.createTable("fleets", "type", "item");

  async function createQueue(): Promise<string> {
    const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `q-${randomUUID()}` }));
    return sqsAndS3.reachable(url);
  }

  /** A processor's queues, and the environment of its workers. */
  async function createProcessor(fields: Partial<WorkerSettings>) {
    const [queueUrl, deadLetterQueueUrl] = [await createQueue(), await createQueue()];
    const settings = { ...defaults, queueUrl, deadLetterQueueUrl, ...fields };
    const environment = {
      ...encodeWorkerSettings(settings),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: sqsAndS3.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    };
    return { settings, environment };
  }

  /** The attributes of an item of the fleet table. */
  async function fleetItem({ type }: WorkerSettings, item: string) {
    const Key = { type: { S: type }, item: { S: item } };
    const { Item: fields } = await dynamo.client.send(new GetItemCommand({ TableName: "fleets", Key }));
    if (!fields) return undefined;
    const values = Object.entries(fields).map(([name, value]) => [name, value.S ?? Number(value.N)] as const);
    return Object.fromEntries<string | number>(values);
  }

  async function record(id: string): Promise<JobRecord | undefined> {
    const { Item: item } = await dynamo.client.send(new GetItemCommand({ TableName: "jobs", Key: { id: { S: id } } }));
    return item && decodeRecord(item);
  }

  return {
    createProcessor,
    record,
    fleetItem,
    async putFleetItem({ type }: WorkerSettings, item: string, fields: Record<string, number>): Promise<void> {
      const numbers = Object.entries(fields).map(([name, value]) => [name, { N: String(value) }] as const);
      const Item = { type: { S: type }, item: { S: item }, ...Object.fromEntries(numbers) };
      await dynamo.client.send(new PutItemCommand({ TableName: "fleets", Item }));
    },
    /** Does what the front end and the router do. */
    async submit(
      { queueUrl, type }: WorkerSettings,
      payload: unknown,
      more: Partial<JobEnvelope> = {},
    ): Promise<string> {
      const id = randomUUID();
      const submittedAt = new Date().toISOString();
      const item = encodeRecord({ id, type, state: "queued", attempts: 0, submittedAt });
      await dynamo.client.send(new PutItemCommand({ TableName: "jobs", Item: item }));
      const body = encodeEnvelope({ version: 1, id, type, payload, submittedAt, ...more });
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
      return id;
    },
    async send(queueUrl: string, body: string): Promise<void> {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    },
    /** Waits for the record to satisfy the condition. */
    async recordThat(id: string, condition: (record: JobRecord) => boolean): Promise<JobRecord> {
      let found: JobRecord | undefined;
      const look = async () => (found = await record(id)) && condition(found) && found;
      return until(look, () => `${String(condition)}; the record is ${JSON.stringify(found)}`);
    },
    async deadLetter({ deadLetterQueueUrl }: WorkerSettings) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: deadLetterQueueUrl,
          WaitTimeSeconds: 5,
          MessageAttributeNames: ["All"],
        }),
      );
      const texts = Object.entries(messages[0]?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
        name,
        StringValue,
      ]);
      return { body: messages[0]?.Body, attributes: Object.fromEntries(texts) as Record<string, string> };
    },
    /** Messages visible and in flight. */
    async backlog({ queueUrl }: WorkerSettings): Promise<number> {
      const { Attributes: counts = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
      );
      return Number(counts.ApproximateNumberOfMessages) + Number(counts.ApproximateNumberOfMessagesNotVisible);
    },
    async close() {
      sqs.destroy();
      await sqsAndS3.close();
      await dynamo.close();
    },
  };
}

export type JobWorld = Awaited<ReturnType<typeof createJobWorld>>;
