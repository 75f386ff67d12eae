import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { limits } from "../../../contract/limits";
import { batchOutcomes } from "./batches";

/** A queued message as the repair run and the removal function read it. */
export interface QueuedMessage {
  id: string;
  receiptHandle: string;
  body: string;
  /** String attributes by name. */
  attributes: Record<string, string | undefined>;
  /** Number of deliveries by SQS, this one included. */
  receiveCount: number;
  groupId?: string;
}

/** The queues that they read from. */
export interface Inbox {
  /** Receives the present messages, at most one call's worth; hides them from others for `hideSeconds`. */
  receive(queueUrl: string, hideSeconds: number): Promise<QueuedMessage[]>;
  /** For each message undefined, or the error of its deletion. */
  remove(queueUrl: string, messages: QueuedMessage[]): Promise<(Error | undefined)[]>;
  /** Lets the messages be received again at once, as far as SQS allows it. */
  release(queueUrl: string, messages: QueuedMessage[]): Promise<unknown>;
}

/** Deletes messages; throws the first error of a deletion. */
export async function removeAll(inbox: Pick<Inbox, "remove">, queueUrl: string, messages: QueuedMessage[]) {
  const error = (await inbox.remove(queueUrl, messages)).find(Boolean);
  if (error) throw error;
}

/** The queues in SQS. */
export function createInbox(client: SQSClient): Inbox {
  const entriesOf = (messages: QueuedMessage[]) =>
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
      await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    },
  };
}

function strayOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): QueuedMessage {
  const texts = Object.entries(MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
  return {
    id: MessageId ?? "",
    receiptHandle: ReceiptHandle ?? "",
    body: Body ?? "",
    attributes: Object.fromEntries(texts) as Record<string, string | undefined>,
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    groupId: Attributes?.MessageGroupId,
  };
}
