import { bytesOf, encodeWithinStack, isObject } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { acceptableText, attributes, stringAttributes } from "../../../contract/messages/attributes";
import type { JobEnvelope } from "../../../contract/messages/envelope";
import type { OutgoingMessage } from "./batches";

/** A message on its way to a queue, with the job's id and type if they are known. */
export interface QueueMessage extends OutgoingMessage {
  queueUrl: string;
  /** Jobs of one group don't keep those of others waiting ("Amazon SQS fair queues"). */
  groupId?: string;
  /** Seconds that SQS delays it, up to 900. */
  delaySeconds?: number;
  id?: string;
  type?: string;
  /** The original text of an unroutable job, which is kept in place of the body if the message can't be sent. */
  text?: string;
}

/** The message that puts a job into its type's queue, or the reason why no queue would take it. */
export function jobMessage(envelope: JobEnvelope, queueUrl: string, now: number): QueueMessage | { reason: string } {
  const { notBefore } = envelope;
  const waitSeconds = notBefore === undefined ? 0 : Math.max(0, Math.ceil((Date.parse(notBefore) - now) / 1_000));
  if (waitSeconds > limits.maxQueueDelaySeconds + clockSkewSeconds) {
    const ahead = `${limits.maxQueueDelaySeconds / 60} minutes ahead`;
    return { reason: `Expected notBefore at most ${ahead}, got ${notBefore}: later jobs go through the API` };
  }
  const delaySeconds = waitSeconds > 0 ? Math.min(waitSeconds, limits.maxQueueDelaySeconds) : undefined;
  const body = encodeWithinStack(envelope);
  if (body === undefined) return { reason: "Expected an envelope that can be written again, got one nested too deep" };
  const bytes = bytesOf(body);
  const room = limits.maxMessageBytes - limits.attributeBytes;
  if (bytes > room) return { reason: `Expected an envelope of at most ${room} bytes, got ${bytes}` };
  const { id, type, tenant } = envelope;
  const typed = stringAttributes({ [attributes.type]: type });
  return { queueUrl, id, type, body, attributes: typed, groupId: tenant, delaySeconds };
}

/** Seconds that a submitter's clock may be ahead. */
const clockSkewSeconds = 60;

/** An unroutable job: its original text, and what could be read of it. */
export interface Unroutable {
  text: string;
  source: unknown;
  reason: string;
}

/** The message that keeps an unroutable job, with the reason. */
export function unroutableMessage(unroutable: Unroutable, queueUrl: string, failedAt: string): QueueMessage {
  const source = isObject(unroutable.source) ? unroutable.source : {};
  const id = typeof source.id === "string" ? source.id.slice(0, limits.maxIdCharacters) : undefined;
  const type = typeof source.type === "string" ? source.type.slice(0, limits.maxTypeCharacters) : undefined;
  return {
    queueUrl,
    id,
    type,
    text: unroutable.text,
    // SQS refuses an empty body.
    body: acceptableText(unroutable.text) || '""',
    attributes: stringAttributes({
      [attributes.reason]: unroutable.reason,
      [attributes.failedAt]: failedAt,
      [attributes.type]: type,
    }),
  };
}
