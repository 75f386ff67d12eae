import { randomUUID } from "node:crypto";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type ServiceGate } from "../../worker-image/src/services/serviceGate";
import { type Clock, sleep } from "../../worker-image/src/support/clock";
import { applyUpdate, type Item, meets } from "./expressions";

export const services = ["dynamodb", "sns", "sqs", "s3", "lambda", "autoscaling"] as const;
export type ServiceName = (typeof services)[number];
export const kinds = ["refuse", "hang", "throttle"] as const;
export type Kind = (typeof kinds)[number];

/** Clients that are asked for page after page. */
const prototypes: Partial<Record<ServiceName, object>> = {
  dynamodb: DynamoDBClient.prototype,
  autoscaling: AutoScalingClient.prototype,
};

/** A command of any SDK client. */
interface Command {
  input: object;
  constructor: { name: string };
}

/** As much of an SDK client as is used. */
export interface FakeClient {
  send(command: Command, options?: { abortSignal?: AbortSignal }): Promise<never>;
}

interface Message {
  id: string;
  body: string;
  attributes: Record<string, { StringValue?: string }>;
  visibleAt: number;
  receives: number;
}

interface Queue {
  messages: Message[];
  deadLetters?: { url: string; maxReceives: number };
  wake: Set<() => void>;
}

/**
 * The services in memory, on a clock that tests turn. One of them at a time may refuse, hang or throttle every call.
 */
export class FakeAws {
  outage?: { service: ServiceName; kind: Kind };
  readonly calls: { service: ServiceName; caller: string; at: number }[] = [];
  readonly queues = new Map<string, Queue>();
  readonly tables = new Map<string, Map<string, Item>>();
  readonly groups: object[] = [];
  readonly marked: string[] = [];
  /** Takes what is published: by topic. */
  readonly topics = new Map<string, (body: string) => void>();

  constructor(private readonly clock: Clock) {}

  queue(url: string, deadLetters?: Queue["deadLetters"]): void {
    this.queues.set(url, { messages: [], deadLetters, wake: new Set() });
  }

  /** A client with the SDK's own repetitions and time limit, and the worker's gate where it has one. */
  client(
    service: ServiceName,
    caller: string,
    { tries, timeout, gate }: { tries: number; timeout: number; gate?: ServiceGate },
  ): FakeClient {
    const client: FakeClient = {
      send: async (command, options) => {
        for (let attempt = 1; ; attempt++) {
          const call = () => this.call(service, caller, timeout, () => this.answer(command, options?.abortSignal));
          try {
            return (await (gate ? gate.run(call) : call())) as never;
          } catch (error) {
            if (attempt === tries || !(error as { isRetryable?: true }).isRetryable) throw error;
            await sleep(this.clock, 100 * 2 ** attempt);
          }
        }
      },
    };
    // The SDK's functions for page after page take no other.
    return Object.setPrototypeOf(client, prototypes[service] ?? Object.prototype) as FakeClient;
  }

  async call<T>(service: ServiceName, caller: string, timeout: number, answer: () => T): Promise<Awaited<T>> {
    this.calls.push({ service, caller, at: this.clock.now() });
    const kind = this.outage?.service === service ? this.outage.kind : undefined;
    if (kind === undefined) return await answer();
    if (kind === "hang") await sleep(this.clock, timeout);
    const [name, httpStatusCode] = kind === "throttle" ? ["ThrottlingException", 400] : ["InternalFailure", 500];
    if (kind === "hang") throw Object.assign(new Error("no answer"), { name: "TimeoutError", isRetryable: true });
    throw Object.assign(new Error(`${service} is away`), { name, $metadata: { httpStatusCode }, isRetryable: true });
  }

  /** Puts a message into a queue whatever its state, as services do among themselves. */
  put(url: string, body: string, attributes: Message["attributes"] = {}, delaySeconds = 0): void {
    const queue = this.queueAt(url);
    const visibleAt = this.clock.now() + delaySeconds * 1_000;
    queue.messages.push({ id: randomUUID(), body, attributes, visibleAt, receives: 0 });
    for (const wake of queue.wake) wake();
  }

  private queueAt(url: string): Queue {
    const queue = this.queues.get(url);
    if (!queue) throw new Error(`There is no queue ${url}`);
    return queue;
  }

  private answer(command: Command, signal?: AbortSignal): unknown {
    const input = command.input as never;
    switch (command.constructor.name) {
      case "ReceiveMessageCommand":
        return this.receive(input, signal);
      case "SendMessageCommand":
        return this.sendAll(input, [input]);
      case "SendMessageBatchCommand":
        return this.sendAll(input, (input as { Entries: SendEntry[] }).Entries);
      case "DeleteMessageBatchCommand":
        return this.change(input, (queue, message) => queue.messages.splice(queue.messages.indexOf(message), 1));
      case "ChangeMessageVisibilityBatchCommand":
        return this.change(input, (queue, message, { VisibilityTimeout = 0 }) => {
          message.visibleAt = this.clock.now() + VisibilityTimeout * 1_000;
          for (const wake of queue.wake) wake();
        });
      case "GetQueueAttributesCommand":
        return this.count(input);
      case "GetItemCommand":
      case "QueryCommand":
      case "ScanCommand":
      case "PutItemCommand":
      case "DeleteItemCommand":
      case "UpdateItemCommand":
        return this.table(command.constructor.name, input);
      case "PublishBatchCommand": {
        const { TopicArn, PublishBatchRequestEntries: entries } = input as PublishBatch;
        for (const { Message: body } of entries) this.topics.get(TopicArn)!(body);
        return {};
      }
      case "PublishCommand": {
        const { TopicArn, Message: body } = input as { TopicArn: string; Message: string };
        this.topics.get(TopicArn)!(body);
        return {};
      }
      case "DescribeAutoScalingGroupsCommand":
        return { AutoScalingGroups: this.groups };
      case "SetInstanceHealthCommand":
        this.marked.push((input as { InstanceId: string }).InstanceId);
        return {};
      case "DescribeScalingActivitiesCommand":
      case "SetDesiredCapacityCommand":
        return {};
      default:
        throw new Error(`There is no ${command.constructor.name} here`);
    }
  }

  private async receive(
    input: { QueueUrl: string; MaxNumberOfMessages?: number; WaitTimeSeconds?: number; VisibilityTimeout?: number },
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { QueueUrl, MaxNumberOfMessages: most = 1, WaitTimeSeconds = 0, VisibilityTimeout = 30 } = input;
    const queue = this.queueAt(QueueUrl);
    const end = this.clock.now() + WaitTimeSeconds * 1_000;
    for (;;) {
      signal?.throwIfAborted();
      const now = this.clock.now();
      const found = queue.messages.filter(({ visibleAt }) => visibleAt <= now).slice(0, most);
      const taken = found.filter((message) => {
        message.receives++;
        message.visibleAt = now + VisibilityTimeout * 1_000;
        const { deadLetters } = queue;
        if (!deadLetters || message.receives <= deadLetters.maxReceives) return true;
        queue.messages.splice(queue.messages.indexOf(message), 1);
        this.put(deadLetters.url, message.body, message.attributes);
        return false;
      });
      if (taken.length > 0 || now >= end) return { Messages: taken.map(received) };
      const next = Math.min(end, ...queue.messages.map(({ visibleAt }) => visibleAt));
      await this.nextChange(queue, Math.max(1, next - now), signal);
    }
  }

  private async nextChange(queue: Queue, milliseconds: number, signal?: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const wake = () => ending.abort();
    queue.wake.add(wake);
    signal?.addEventListener("abort", wake);
    await sleep(this.clock, milliseconds, ending.signal);
    signal?.removeEventListener("abort", wake);
    queue.wake.delete(wake);
  }

  private sendAll({ QueueUrl }: { QueueUrl: string }, entries: SendEntry[]): object {
    for (const { MessageBody, MessageAttributes, DelaySeconds } of entries) {
      this.put(QueueUrl, MessageBody, MessageAttributes, DelaySeconds);
    }
    return {};
  }

  private change(
    { QueueUrl, Entries }: { QueueUrl: string; Entries: ChangeEntry[] },
    act: (queue: Queue, message: Message, entry: ChangeEntry) => void,
  ): object {
    const queue = this.queueAt(QueueUrl);
    const Failed = Entries.flatMap((entry) => {
      const [id, receives] = entry.ReceiptHandle.split("#");
      const message = queue.messages.find((each) => each.id === id);
      const isCurrent = message?.receives === Number(receives) && message.visibleAt > this.clock.now();
      if (message && isCurrent) act(queue, message, entry);
      const Code = message ? "MessageNotInflight" : "ReceiptHandleIsInvalid";
      return message && isCurrent ? [] : [{ Id: entry.Id, Code, SenderFault: true }];
    });
    return { Failed };
  }

  private count({ QueueUrl }: { QueueUrl: string }): object {
    const { messages } = this.queueAt(QueueUrl);
    const visible = messages.filter(({ visibleAt }) => visibleAt <= this.clock.now()).length;
    return {
      Attributes: {
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(messages.length - visible),
      },
    };
  }

  private table(action: string, input: TableCall): unknown {
    const table = this.tables.get(input.TableName)!;
    if (action === "ScanCommand") return { Items: [...table.values()] };
    if (action === "QueryCommand") {
      const textOf = (name: string) => (input.ExpressionAttributeValues![name] as { S: string } | undefined)?.S;
      const [type, listKey, before = ""] = [":type", ":listKey", ":before"].map(textOf);
      const isMeant = (item: Item) =>
        listKey === undefined
          ? item.type?.S === type
          : item.listKey?.S === listKey && (item.submittedAt?.S ?? "") < before;
      return { Items: [...table.values()].filter(isMeant) };
    }
    const keys = input.Key ?? { id: input.Item!.id! };
    const key = JSON.stringify(Object.values(keys));
    const item = table.get(key);
    if (action === "GetItemCommand") return { Item: item };
    if (action === "DeleteItemCommand") return { ...(table.delete(key) && {}) };
    if (!meets(item, input)) throw Object.assign(new Error("no"), conditionFailed);
    const changed = action === "PutItemCommand" ? input.Item! : applyUpdate({ ...keys, ...item }, input);
    table.set(key, changed);
    return { Attributes: changed };
  }
}

const conditionFailed = { name: "ConditionalCheckFailedException", $metadata: { httpStatusCode: 400 } };

interface SendEntry {
  MessageBody: string;
  MessageAttributes?: Message["attributes"];
  DelaySeconds?: number;
}

interface ChangeEntry {
  Id: string;
  ReceiptHandle: string;
  VisibilityTimeout?: number;
}

interface PublishBatch {
  TopicArn: string;
  PublishBatchRequestEntries: { Message: string }[];
}

interface TableCall {
  TableName: string;
  Key?: Item;
  Item?: Item;
  UpdateExpression?: string;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}

function received({ id, body, attributes, receives }: Message): object {
  return {
    MessageId: id,
    ReceiptHandle: `${id}#${receives}`,
    Body: body,
    Attributes: { ApproximateReceiveCount: String(receives) },
    MessageAttributes: attributes,
  };
}
