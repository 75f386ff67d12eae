import { type Message, SQSClient } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { decodeEnvelope } from "../../contract/messages/envelope";
import { doWork, type Work } from "./work";

/** The peer's side, a process of its own: sqs-consumer with a handler per message or per batch. */
const {
  PEER_QUEUE_URL: queueUrl = "",
  PEER_BATCHES: takesBatches,
  PEER_BATCH_SIZE,
  PEER_CONSUMERS,
  PEER_VISIBILITY,
} = process.env;

const sqs = new SQSClient({});
const starts: [id: string, time: number][] = [];

async function handle(message: Message): Promise<Message> {
  const job = decodeEnvelope(message.Body ?? "");
  if (!job.ok) throw new Error(`Expected a job, got ${message.Body}`);
  starts.push([job.value.id, Date.now()]);
  await doWork(job.value.payload as Work);
  return message;
}

for (let count = 0; count < Number(PEER_CONSUMERS); count++) {
  const consumer = Consumer.create({
    queueUrl,
    sqs,
    batchSize: Number(PEER_BATCH_SIZE),
    visibilityTimeout: Number(PEER_VISIBILITY),
    ...(takesBatches
      ? { handleMessageBatch: (messages: Message[]) => Promise.all(messages.map(handle)) }
      : { handleMessage: handle }),
  });
  consumer.on("error", fail);
  consumer.on("processing_error", fail);
  consumer.start();
}

function fail(error: Error): void {
  console.error(error);
}

process.on("SIGTERM", () => process.stdout.write(JSON.stringify(starts), () => process.exit(0)));
