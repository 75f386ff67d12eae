import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { limits } from "../../contract/limits";
import { batchOutcomes } from "./batches";

export const deploymentOnlyModule = true;

/** A message as the repair run and the rescue read it. */
export interface StrayMessage {
  id: string;
  receiptHandle: string;
  body: string;
  /** String attributes by name. */
  attributes: Record<string, string>;
  /** How often SQS has delivered it, this time included. */
  receiveCount: number;
  groupId?: string;
}

/** The queues that they read from. */
export interface Inbox {
  /** What is there now, at most one call's worth; hidden from others for `hideSeconds`. */
  receive(queueUrl: string, hideSeconds: number): Promise<StrayMessage[]>;
  /** For each message nothing, or the error it could not be deleted with. */
  remove(queueUrl: string, messages: StrayMessage[]): Promise<(Error | undefined)[]>;
  /** Lets the messages be received again at once. */
  release(queueUrl: string, messages: StrayMessage[]): Promise<(Error | undefined)[]>;
}

/** The queues in SQS. */
export function createInbox(client: SQSClient): Inbox {
  const { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } =
    require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
  const entriesOf = (messages: StrayMessage[]) =>
    messages.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
  return {
    async receive(queueUrl, hideSeconds) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: limits.maxBatchEntries,
          // The queues of jobs wait 20 s by default, longer than the client does.
          WaitTimeSeconds: 0,
          VisibilityTimeout: hideSeconds,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["ApproximateReceiveCount", "MessageGroupId"],
        }),
      );
      return Messages.map(strayOf);
    },
    async remove(queueUrl, messages) {
      const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entriesOf(messages) });
      return batchOutcomes(messages.length, (await client.send(command)).Failed);
    },
    async release(queueUrl, messages) {
      const Entries = entriesOf(messages).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      return batchOutcomes(messages.length, (await client.send(command)).Failed);
    },
  };
}

function strayOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): StrayMessage {
  const texts = Object.entries(MessageAttributes ?? {}).flatMap(([name, { StringValue }]) =>
    StringValue === undefined ? [] : [[name, StringValue]],
  );
  return {
    id: MessageId ?? "",
    receiptHandle: ReceiptHandle ?? "",
    body: Body ?? "",
    attributes: Object.fromEntries(texts) as Record<string, string>,
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    groupId: Attributes?.MessageGroupId,
  };
}
