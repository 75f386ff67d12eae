import { setTimeout as sleep } from "node:timers/promises";
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

/** Waits until the job has succeeded. */
export async function finish(
  engine: Engine,
  stack: string,
  id: string,
  seconds = 30,
): Promise<{ state: string; result: unknown }> {
  const base = await urlOf(engine, stack);
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const view = (await (await fetch(`${base}/jobs/${id}`)).json()) as { state: string; result: unknown };
    if (view.state === "succeeded") return view;
    if (Date.now() > end) throw new Error(`Expected ${id} to succeed within ${seconds} s, got ${JSON.stringify(view)}`);
    await sleep(100);
  }
}

export async function submitAndFinish(engine: Engine, stack: string, type: string, payload: unknown) {
  return finish(engine, stack, await submit(engine, stack, type, payload));
}

async function urlOf(engine: Engine, stack: string): Promise<string> {
  const { url } = await engine.outputs(stack);
  return String(url).replace(/\/$/, "");
}

/** Takes what the unroutable queue holds. */
export async function takeUnroutable(
  engine: Engine,
  stack: string,
): Promise<{ id: string; reason: string; body: string }[]> {
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
  }));
}

interface Received {
  Body: string;
  MessageAttributes: Record<string, { StringValue: string }>;
}

/** Publishes a job's envelope to the topic, as docs/operations.md says. */
export async function publish(engine: Engine, stack: string, envelope: string): Promise<void> {
  const { topicArn } = await engine.outputs(stack);
  await engine.cloud.calls.sns("Publish", { TopicArn: String(topicArn), Message: envelope });
}
