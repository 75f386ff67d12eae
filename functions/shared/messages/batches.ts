import { bytesOf } from "../../../contract/check";
import { inBatches } from "../../../contract/inBatches";
import { limits } from "../../../contract/limits";
import type { StringAttribute } from "../../../contract/messages/attributes";

/** A message for SNS or SQS. */
export interface OutgoingMessage {
  body: string;
  attributes: Record<string, StringAttribute>;
}

/** Bytes as AWS counts them: the body, and each attribute's name, type and value. */
export function messageBytes({ body, attributes }: OutgoingMessage): number {
  return Object.entries(attributes).reduce(
    (bytes, [name, { DataType, StringValue }]) => bytes + bytesOf(name) + bytesOf(DataType) + bytesOf(StringValue),
    bytesOf(body),
  );
}

/** Divides messages, in order, into batches that one call to SNS or SQS takes. A message over the limit goes alone. */
export function divideIntoBatches<Message extends OutgoingMessage>(messages: readonly Message[]): Message[][] {
  return inBatches(messages, { count: limits.maxBatchEntries, bytes: limits.maxBatchBytes }, messageBytes);
}

/** One entry that SNS or SQS refused. */
export interface FailedEntry {
  Id?: string | undefined;
  Code?: string | undefined;
  Message?: string | undefined;
}

/** The outcome of each entry of a batch call, by its index as id: undefined, or its error. */
export function batchOutcomes(count: number, failed: readonly FailedEntry[] = []): (Error | undefined)[] {
  const outcomes: (Error | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const { Id, Code, Message } of failed) {
    outcomes[Number(Id)] = Object.assign(new Error(Message ?? "Refused without a message"), { name: Code ?? "Error" });
  }
  return outcomes;
}
