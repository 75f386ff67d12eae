import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import { bytesOf } from "../../contract/check";
import { countNames, countsIn } from "../../contract/fleet/queueCounts";
import { inBatches } from "../../contract/inBatches";
import { limits } from "../../contract/limits";
import { attributes } from "../../contract/messages/attributes";
import { decodeEnvelope } from "../../contract/messages/envelope";
import type { Sqs } from "./sqs";

/** A job that failed for good, as its type's dead-letter queue keeps it. */
export interface DeadLetter {
  type: string;
  /** Id of the SQS message. */
  messageId: string;
  /** Id of the job; undefined if the message is no job. */
  id?: string;
  /** Reason of the failure; undefined for a minute at most if SQS moved the message itself. */
  reason?: string;
  /** Frames of the handler's own code where it failed, such as `check (jobs/invoice.ts:8:11)`. */
  frames?: string[];
  /** The attempt that failed, counted from 1. */
  attempt?: number;
  /** ISO 8601, as `submittedAt`. */
  failedAt?: string;
  submittedAt?: string;
  tenant?: string;
  payload?: unknown;
  /** The message's body, if it is no job. */
  body?: string;
}

/** A received dead letter, hidden from other consumers. */
export interface ReceivedDeadLetter {
  letter: DeadLetter;
  message: Message;
}

/**
 * Longer than a pass with ten messages takes. If the process is killed meanwhile, its messages stay hidden that long.
 */
const hideSeconds = 120;

/** A type's dead-letter queue in SQS, and the queue that its messages came from. */
export class DeadLetterQueue {
  constructor(
    private readonly sqs: Sqs,
    readonly type: string,
    private readonly queueUrl: string,
    private readonly deadLetterQueueUrl: string,
  ) {}

  /** Receives some dead letters, hidden from others until they are released; an empty list if there are none. */
  async receive(count: number, signal?: AbortSignal): Promise<ReceivedDeadLetter[]> {
    const command = new this.sqs.ReceiveMessageCommand({
      QueueUrl: this.deadLetterQueueUrl,
      MaxNumberOfMessages: Math.min(count, limits.maxBatchEntries),
      // A long poll asks all of SQS's servers, a short one only some.
      WaitTimeSeconds: 1,
      VisibilityTimeout: hideSeconds,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["MessageGroupId"],
    });
    const { Messages = [] } = await this.sqs.client.send(command, { abortSignal: signal });
    return Messages.map((message) => ({ letter: letterOf(message, this.type), message }));
  }

  /** Approximate numbers of dead letters. */
  async count(): Promise<{ visible: number; hidden: number }> {
    const command = new this.sqs.GetQueueAttributesCommand({
      QueueUrl: this.deadLetterQueueUrl,
      AttributeNames: countNames,
    });
    const { visible, inFlight: hidden } = countsIn((await this.sqs.client.send(command)).Attributes);
    return { visible, hidden };
  }

  /** Sends dead letters back to the type's queue and then removes them; throws those that SQS refused, which stay. */
  async redrive(letters: ReceivedDeadLetter[]): Promise<void> {
    for (const batch of inBatches(letters, most, ({ message }) => bytesOf(message.Body ?? "") + attributeBytes)) {
      const command = new this.sqs.SendMessageBatchCommand({
        QueueUrl: this.queueUrl,
        Entries: batch.map(({ message: { Body, MessageAttributes, Attributes } }, index) => ({
          Id: String(index),
          MessageBody: Body,
          MessageAttributes: MessageAttributes as Record<string, MessageAttributeValue>,
          MessageGroupId: Attributes?.MessageGroupId,
        })),
      });
      const { Successful = [], Failed = [] } = await this.sqs.client.send(command);
      // Sent twice at worst: the claim makes that harmless.
      await this.remove(Successful.map(({ Id }) => batch[Number(Id)]!));
      if (Failed[0]) throw failure("send back", Failed[0], batch[Number(Failed[0].Id)]!);
    }
  }

  async remove(letters: ReceivedDeadLetter[]): Promise<void> {
    for (const batch of inBatches(letters, most)) {
      const Entries = batch.map(({ message }, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
      const command = new this.sqs.DeleteMessageBatchCommand({ QueueUrl: this.deadLetterQueueUrl, Entries });
      const { Failed = [] } = await this.sqs.client.send(command);
      if (Failed[0]) throw failure("remove", Failed[0], batch[Number(Failed[0].Id)]!);
    }
  }

  /** Lets others receive the dead letters again at once; after a failure here they become visible by themselves. */
  async release(letters: ReceivedDeadLetter[]): Promise<void> {
    for (const batch of inBatches(letters, most)) {
      const Entries = batch.map(({ message }, index) => ({
        Id: String(index),
        ReceiptHandle: message.ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await this.sqs.client.send(
        new this.sqs.ChangeMessageVisibilityBatchCommand({ QueueUrl: this.deadLetterQueueUrl, Entries }),
      );
    }
  }

  /** Removes all dead letters, hidden ones too; SQS takes up to a minute. */
  async purge(): Promise<void> {
    await this.sqs.client.send(new this.sqs.PurgeQueueCommand({ QueueUrl: this.deadLetterQueueUrl }));
  }
}

function letterOf({ MessageId = "", Body = "", MessageAttributes = {} }: Message, type: string): DeadLetter {
  const text = (name: string) => MessageAttributes[name]?.StringValue;
  const decoded = decodeEnvelope(Body);
  const attempt = text(attributes.attempt);
  const frames = text(attributes.frames);
  return {
    type,
    messageId: MessageId,
    ...(decoded.ok && { id: decoded.value.id }),
    reason: text(attributes.reason),
    ...(frames !== undefined && { frames: frames.split("\n") }),
    ...(attempt !== undefined && { attempt: Number(attempt) }),
    failedAt: text(attributes.failedAt),
    ...(decoded.ok
      ? { submittedAt: decoded.value.submittedAt, tenant: decoded.value.tenant, payload: decoded.value.payload }
      : { body: Body }),
  };
}

/** Room for the attributes of a dead letter: a reason and frames of 1,000 characters each, and their names. */
const attributeBytes = 8_000;

/** The most that SQS takes in a batch. */
const most = { count: limits.maxBatchEntries, bytes: limits.maxQueueMessageBytes };

function failure(
  what: string,
  { Code, Message: message }: { Code?: string; Message?: string },
  { letter }: ReceivedDeadLetter,
) {
  return new Error(`Could not ${what} dead letter ${letter.id ?? letter.messageId}: ${message ?? Code}`);
}
