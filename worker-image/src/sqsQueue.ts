import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { attributes, StringAttribute, stringAttributes } from "../../contract/attributes";
import { bytesOf } from "../../contract/check";
import { limits } from "../../contract/limits";
import { DeadLetter, JobQueue, ReceivedMessage } from "./queue";

/** The longest that SQS waits for messages ("Amazon SQS short and long polling"). */
const waitSeconds = 20;

export interface SqsQueueOptions {
  queueUrl: string;
  deadLetterQueueUrl: string;
  visibilityTimeoutSeconds: number;
  now: () => number;
}

/** A processor's queue and dead-letter queue in SQS. */
export class SqsQueue implements JobQueue {
  constructor(
    private readonly client: SQSClient,
    private readonly options: SqsQueueOptions,
  ) {}

  async receive(maxMessages: number, signal: AbortSignal): Promise<ReceivedMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.options.queueUrl,
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: this.options.visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      MessageAttributeNames: [attributes.reason],
    });
    const { Messages: messages = [] } = await this.client.send(command, {
      abortSignal: signal,
      requestTimeout: (waitSeconds + 10) * 1000,
    });
    return messages.map((message) => received(message, this.options.now()));
  }

  async remove({ receiptHandle }: ReceivedMessage): Promise<void> {
    await this.client.send(new DeleteMessageCommand({ QueueUrl: this.options.queueUrl, ReceiptHandle: receiptHandle }));
  }

  async hide({ receiptHandle }: ReceivedMessage, seconds: number): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.options.queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }

  async deadLetter({ body, type, reason, attempt, failedAt }: DeadLetter): Promise<void> {
    const texts = {
      [attributes.reason]: reason,
      [attributes.type]: type,
      [attributes.attempt]: attempt === undefined ? undefined : String(attempt),
      [attributes.failedAt]: failedAt,
    };
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.options.deadLetterQueueUrl,
        MessageBody: body,
        MessageAttributes: thatFit(body, stringAttributes(texts)),
      }),
    );
  }
}

/** The attributes, in order, for which the body leaves room: one as large as SQS takes may leave none. */
function thatFit(body: string, wanted: Record<string, StringAttribute>): Record<string, StringAttribute> {
  let room = limits.maxQueueMessageBytes - bytesOf(body);
  const fitting = Object.entries(wanted).filter(([name, { DataType, StringValue }]) => {
    const size = bytesOf(name) + bytesOf(DataType) + bytesOf(StringValue);
    if (size > room) return false;
    room -= size;
    return true;
  });
  return Object.fromEntries(fitting);
}

function received(message: Message, receivedAt: number): ReceivedMessage {
  return {
    id: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    receivedAt,
    isRedriven: message.MessageAttributes?.[attributes.reason] !== undefined,
  };
}
