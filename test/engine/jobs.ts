import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { until } from "../support/until";
import type { Engine } from "./support";

/** Submits a job to the stack's API, and resolves to its view. */
export async function submit(engine: Engine, stack: string, type: string, payload: unknown): Promise<string> {
  const base = await urlOf(engine, stack);
  const response = await fetch(`${base}/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type, payload }),
  });
  const body = (await response.json()) as { id: string };
  if (response.status !== 202) throw new Error(`Expected 202, got ${response.status}: ${JSON.stringify(body)}`);
  return body.id;
}

interface JobView {
  state: string;
  result: unknown;
}

/** Waits until the job has succeeded. */
export async function finish(engine: Engine, stack: string, id: string): Promise<JobView> {
  return reach(engine, stack, id, "succeeded");
}

/** Waits until the job is in the state. */
export async function reach(engine: Engine, stack: string, id: string, state: string): Promise<JobView> {
  const base = await urlOf(engine, stack);
  let view: JobView | undefined;
  const look = async () => {
    view = (await (await fetch(`${base}/jobs/${id}`)).json()) as JobView;
    return view.state === state && view;
  };
  return until(look, () => `${id} ${state}; it is ${JSON.stringify(view)}`);
}

export async function submitAndFinish(engine: Engine, stack: string, type: string, payload: unknown) {
  return finish(engine, stack, await submit(engine, stack, type, payload));
}

async function urlOf(engine: Engine, stack: string): Promise<string> {
  const { url } = await engine.outputs(stack);
  return String(url).replace(/\/$/, "");
}

/** A message of the unroutable queue. */
export interface Unroutable {
  id: string;
  reason: string;
  body: string;
  attributes: Received["MessageAttributes"];
}

/** Takes what the unroutable queue holds. */
export async function takeUnroutable(engine: Engine, stack: string): Promise<Unroutable[]> {
  const { unroutableQueueUrl } = await engine.outputs(stack);
  const { Messages = [] } = await engine.cloud.calls.sqs<{ Messages?: Received[] }>("ReceiveMessage", {
    QueueUrl: unroutableQueueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ["All"],
  });
  return Messages.map(({ Body, MessageAttributes }) => ({
    id: (JSON.parse(Body) as { id: string }).id,
    reason: MessageAttributes.reason!.StringValue,
    body: Body,
    attributes: MessageAttributes,
  }));
}

interface Received {
  Body: string;
  MessageAttributes: Record<string, { DataType: string; StringValue: string }>;
}

/** Publishes a job's envelope to the topic, as docs/operations.md says. */
export async function publish(engine: Engine, stack: string, envelope: string): Promise<void> {
  const { topicArn } = await engine.outputs(stack);
  await engine.cloud.calls.sns("Publish", { TopicArn: String(topicArn), Message: envelope });
}

/** Sends what was unroutable to its type's queue, as docs/operations.md says. */
export async function sendBack(engine: Engine, stack: string, type: string, message: Unroutable): Promise<void> {
  const { queueUrls } = await engine.outputs(stack);
  await engine.cloud.calls.sqs("SendMessage", {
    QueueUrl: (queueUrls as Record<string, string>)[type],
    MessageBody: message.body,
    MessageAttributes: message.attributes,
  });
}

/** Puts an object into the program's bucket. */
export async function putData(engine: Engine, stack: string, key: string, text: string): Promise<void> {
  const { dataBucket } = await engine.outputs(stack);
  const { endpoint, region, credentials } = engine.cloud;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: String(dataBucket), Key: key, Body: text }));
  s3.destroy();
}
