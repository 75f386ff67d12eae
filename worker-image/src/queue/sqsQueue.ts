import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { bytesOf } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { attributes, type StringAttribute, stringAttributes } from "../../../contract/messages/attributes";
import { Batcher, type EntryFailure, entryFailures } from "../support/batcher";
import { type Clock } from "../support/clock";
import { type DeadLetter, type JobQueue, type ReceivedMessage } from "./queue";

/** Longest wait of SQS for messages ("Amazon SQS short and long polling"). */
const waitSeconds = 20;

/** Time that a delete or a change of visibility waits to share a batch. */
const maxBatchWaitMilliseconds = 50;

/** Share of the visibility timeout, and longest time, that a delete waits which nothing waits for. */
const lateShare = 1 / 12;
const maxLateMilliseconds = 5_000;

export interface SqsQueueOptions {
  queueUrl: string;
  deadLetterQueueUrl: string;
  visibilityTimeoutSeconds: number;
  clock: Clock;
}

interface Hiding {
  receiptHandle: string;
  seconds: number;
}

/** A processor's queue and dead-letter queue in SQS. Deletes and changes of visibility are sent in batches. */
export class SqsQueue implements JobQueue {
  private readonly removals: Batcher<string>;
  private readonly lateMilliseconds: number;
  private hasReceived = false;
  /** Running receives. */
  private receives = 0;
  /** True if the last receive that ended failed. */
  private isFailing = false;
  private hiddenUntil = -Infinity;
  private readonly hidings: Batcher<Hiding>;

  constructor(
    private readonly client: SQSClient,
    private readonly options: SqsQueueOptions,
  ) {
    const { clock, visibilityTimeoutSeconds } = options;
    this.lateMilliseconds = Math.min(maxLateMilliseconds, visibilityTimeoutSeconds * 1_000 * lateShare);
    const batches = { clock, maxEntries: limits.maxBatchEntries, maxWaitMilliseconds: maxBatchWaitMilliseconds };
    this.removals = new Batcher({ ...batches, send: (entries) => this.removeBatch(entries) });
    this.hidings = new Batcher({ ...batches, send: (entries) => this.hideBatch(entries) });
  }

  async receive(maxMessages: number, signal: AbortSignal): Promise<ReceivedMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.options.queueUrl,
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: this.options.visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
      MessageAttributeNames: [attributes.reason],
    });
    const { clock } = this.options;
    const askedAt = clock.now();
    this.receives++;
    try {
      const { Messages: messages = [] } = await this.client.send(command, {
        abortSignal: signal,
        requestTimeout: (waitSeconds + 10) * 1_000,
      });
      this.isFailing = false;
      this.hasReceived ||= messages.length > 0;
      return messages.map((message) => received(message, { askedAt, receivedAt: clock.now() }));
    } catch (error) {
      this.isFailing = true;
      throw error;
    } finally {
      this.receives--;
    }
  }

  /**
   * True if no message waits, as far as this worker knows without asking: it listens, has had messages, and hides none.
   * Other workers may.
   */
  get isQuiet(): boolean {
    return this.receives > 0 && !this.isFailing && this.hasReceived && this.options.clock.now() >= this.hiddenUntil;
  }

  remove({ receiptHandle }: ReceivedMessage): Promise<void> {
    return this.removals.add(receiptHandle);
  }

  removeLater({ receiptHandle }: ReceivedMessage): Promise<void> {
    return this.removals.add(receiptHandle, this.lateMilliseconds);
  }

  async flush(): Promise<void> {
    await Promise.all([this.removals.flush(), this.hidings.flush()]);
  }

  hide({ receiptHandle }: ReceivedMessage, seconds: number): Promise<void> {
    this.hiddenUntil = Math.max(this.hiddenUntil, this.options.clock.now() + seconds * 1_000);
    return this.hidings.add({ receiptHandle, seconds });
  }

  async deadLetter({ body, type, reason, attempt, failedAt, frames }: DeadLetter): Promise<void> {
    const texts = {
      [attributes.reason]: reason,
      [attributes.type]: type,
      [attributes.attempt]: attempt === undefined ? undefined : String(attempt),
      [attributes.failedAt]: failedAt,
      [attributes.frames]: frames?.join("\n"),
    };
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.options.deadLetterQueueUrl,
        MessageBody: body,
        MessageAttributes: attributesThatFit(body, stringAttributes(texts)),
      }),
    );
  }

  private async removeBatch(receiptHandles: string[]): Promise<EntryFailure[]> {
    const command = new DeleteMessageBatchCommand({
      QueueUrl: this.options.queueUrl,
      Entries: receiptHandles.map((receiptHandle, index) => ({ Id: String(index), ReceiptHandle: receiptHandle })),
    });
    return entryFailures(receiptHandles.length, (await this.client.send(command)).Failed);
  }

  private async hideBatch(hidings: Hiding[]): Promise<EntryFailure[]> {
    const command = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: this.options.queueUrl,
      Entries: hidings.map(({ receiptHandle, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      })),
    });
    return entryFailures(hidings.length, (await this.client.send(command)).Failed);
  }
}

/** The attributes, in order, for which the body leaves room: a body of SQS's largest size may leave none. */
function attributesThatFit(body: string, wanted: Record<string, StringAttribute>): Record<string, StringAttribute> {
  let room = limits.maxQueueMessageBytes - bytesOf(body);
  const fitting = Object.entries(wanted).filter(([name, { DataType, StringValue }]) => {
    const size = bytesOf(name) + bytesOf(DataType) + bytesOf(StringValue);
    if (size > room) return false;
    room -= size;
    return true;
  });
  return Object.fromEntries(fitting);
}

function received(message: Message, times: Pick<ReceivedMessage, "askedAt" | "receivedAt">): ReceivedMessage {
  return {
    id: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    ...times,
    ...(message.Attributes?.SentTimestamp && { sentAt: Number(message.Attributes.SentTimestamp) }),
    isRedriven: message.MessageAttributes?.[attributes.reason] !== undefined,
  };
}
