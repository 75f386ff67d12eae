import { createHmac, randomBytes } from "node:crypto";
import type { StoredQueue } from "./fauxqs";

/** Key of this process alone: handles of another run are invalid. */
const key = randomBytes(32);

/** A receipt handle contains its message's id, and proves that this queue issued it. */
function handleOf(queueArn: string, messageId: string, receipt: string): string {
  const text = `${messageId} ${receipt}`;
  return Buffer.from(`${text} ${proofOf(queueArn, text)}`).toString("base64");
}

/** True if the queue issued the handle, at any time. */
export function isHandleOf(queueArn: string, handle: string): boolean {
  const [messageId = "", receipt = "", proof = ""] = partsOf(handle);
  return proof !== "" && proof === proofOf(queueArn, `${messageId} ${receipt}`);
}

export function messageIdIn(handle: string): string | undefined {
  return partsOf(handle)[0];
}

/** Replaces the handles of messages that a queue just delivered. */
export function giveHandles(queue: StoredQueue, received: { MessageId: string; ReceiptHandle: string }[]): void {
  for (const message of received) {
    const entry = queue.inflightMessages.get(message.ReceiptHandle);
    if (!entry) continue;
    queue.inflightMessages.delete(message.ReceiptHandle);
    message.ReceiptHandle = handleOf(queue.arn, message.MessageId, message.ReceiptHandle);
    queue.inflightMessages.set(message.ReceiptHandle, Object.assign(entry, { receiptHandle: message.ReceiptHandle }));
  }
}

function partsOf(handle: string): string[] {
  return Buffer.from(handle, "base64").toString().split(" ");
}

function proofOf(queueArn: string, text: string): string {
  return createHmac("sha256", key).update(`${queueArn} ${text}`).digest("base64url").slice(0, 16);
}
