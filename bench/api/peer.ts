import { randomUUID } from "node:crypto";
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

/** The least that accepts a job: it checks that there is a type, sends to one queue, and keeps no record. */
const client = new SQSClient({ useQueueUrlAsEndpoint: false });
const QueueUrl = process.env.QUEUE_URL;

interface Job {
  type?: unknown;
}

export async function handler(event: { body: string }) {
  const { jobs, ...job } = JSON.parse(event.body) as Job & { jobs?: Job[] };
  const all = (jobs ?? [job]).map((each) => ({ id: randomUUID(), ...each }));
  if (!all.every(({ type }) => typeof type === "string")) return { statusCode: 400 };
  const entries = all.map((each, index) => ({ Id: String(index % 10), MessageBody: JSON.stringify(each) }));
  if (!jobs) await client.send(new SendMessageCommand({ QueueUrl, MessageBody: entries[0]!.MessageBody }));
  else {
    const tens = Array.from({ length: Math.ceil(entries.length / 10) }, (_, at) =>
      entries.slice(at * 10, at * 10 + 10),
    );
    await Promise.all(tens.map((Entries) => client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))));
  }
  const results = all.map(({ id }) => ({ status: 202, id }));
  return {
    statusCode: jobs ? 200 : 202,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(jobs ? { results } : results[0]),
  };
}
