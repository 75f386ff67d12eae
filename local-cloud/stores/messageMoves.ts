import { randomUUID } from "node:crypto";
import { Refused } from "../wire/refusal";
import type { StoredMessage, StoredQueue } from "./fauxqs";
import type { QueueStore } from "./queueStore";

interface Task {
  handle: string;
  status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  source: StoredQueue;
  destinationArn?: string;
  perSecond?: number;
  moved: number;
  toMove: number;
  failureReason?: string;
  startedAt: number;
  timer?: NodeJS.Timeout;
}

type Input = Record<string, unknown>;

/**
 * "Start DLQ redrive" of the console: moves messages from a dead-letter queue back to their source
 * ("StartMessageMoveTask", Amazon SQS API Reference).
 */
export class MessageMoves {
  /** The latest first. */
  private readonly tasks: Task[] = [];

  constructor(private readonly queues: QueueStore) {}

  /** Answers its actions; undefined for others. @throws Refused */
  answer(action: string, input: Input): object | undefined {
    if (action === "StartMessageMoveTask") return this.start(input);
    if (action === "ListMessageMoveTasks") return this.list(input);
    if (action === "CancelMessageMoveTask") return this.cancel(input);
    return undefined;
  }

  stop(): void {
    for (const { timer } of this.tasks) clearTimeout(timer);
  }

  private start(input: Input): object {
    const source = this.deadLetterQueue(input);
    const { DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input;
    if (destinationArn !== undefined && typeof destinationArn !== "string") throw invalid("DestinationArn");
    if (destinationArn !== undefined && !this.queues.getQueueByArn(destinationArn)) throw gone("DestinationArn");
    const isRate = typeof perSecond === "number" && Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= 500;
    if (perSecond !== undefined && !isRate) throw invalid("MaxNumberOfMessagesPerSecond");
    if (this.tasks.some((task) => task.source === source && task.status === "RUNNING")) {
      const problem =
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
      throw new Refused(problem, "InvalidParameterValue");
    }
    source.processTimers();
    const task: Task = {
      ...{ handle: Buffer.from(randomUUID()).toString("base64"), status: "RUNNING", source, destinationArn },
      ...{ perSecond: isRate ? perSecond : undefined, moved: 0, toMove: source.messages.length, startedAt: Date.now() },
    };
    this.tasks.unshift(task);
    this.goOn(task);
    return { TaskHandle: task.handle };
  }

  private goOn(task: Task): void {
    const pause = task.perSecond === undefined ? 0 : 1_000 / task.perSecond;
    task.timer = setTimeout(() => {
      if (task.moved === task.toMove || task.source.messages.length === 0) task.status = "COMPLETED";
      else if (this.move(task, task.source.messages[0]!)) this.goOn(task);
    }, pause).unref();
  }

  private move(task: Task, message: StoredMessage): boolean {
    const arn = task.destinationArn ?? message.deadLetterSourceArn;
    const destination = arn === undefined ? undefined : this.queues.getQueueByArn(arn);
    if (!destination) {
      task.status = "FAILED";
      task.failureReason =
        arn === undefined ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue";
      return false;
    }
    task.source.deleteMessage(task.source.dequeue(1)[0]!.ReceiptHandle);
    task.moved++;
    destination.enqueue(
      Object.assign(message, { approximateReceiveCount: 0, approximateFirstReceiveTimestamp: undefined }),
    );
    return true;
  }

  private list(input: Input): object {
    const source = this.deadLetterQueue(input);
    const { MaxResults: count = 1 } = input;
    if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > 10) throw invalid("MaxResults");
    return {
      Results: this.tasks
        .filter((task) => task.source === source)
        .slice(0, count)
        .map(resultOf),
    };
  }

  private cancel({ TaskHandle: handle }: Input): object {
    const task = this.tasks.find((each) => each.handle === handle && each.status === "RUNNING");
    if (!task) throw gone("TaskHandle");
    clearTimeout(task.timer);
    task.status = "CANCELLED";
    return { ApproximateNumberOfMessagesMoved: task.moved };
  }

  /** The source: a queue that another one's redrive policy names. */
  private deadLetterQueue({ SourceArn: arn }: Input): StoredQueue {
    if (typeof arn !== "string" || !arn.startsWith("arn:aws:sqs:")) throw invalid("SourceArn");
    const queue = this.queues.getQueueByArn(arn);
    if (!queue) throw gone("SourceArn");
    const isNamed = this.queues.listQueues().some(({ attributes }) => attributes.RedrivePolicy?.includes(`"${arn}"`));
    if (!isNamed) {
      throw new Refused("Source queue must be configured as a Dead Letter Queue.", "InvalidParameterValue");
    }
    return queue;
  }
}

function resultOf({
  handle,
  status,
  source,
  destinationArn,
  perSecond,
  moved,
  toMove,
  failureReason,
  startedAt,
}: Task) {
  return {
    ...(status === "RUNNING" && { TaskHandle: handle }),
    ...{ Status: status, SourceArn: source.arn, DestinationArn: destinationArn },
    ...{ MaxNumberOfMessagesPerSecond: perSecond, FailureReason: failureReason, StartedTimestamp: startedAt },
    ...{ ApproximateNumberOfMessagesMoved: moved, ApproximateNumberOfMessagesToMove: toMove },
  };
}

function invalid(parameter: string): Refused {
  return new Refused(`Value for parameter ${parameter} is invalid.`, "InvalidParameterValue");
}

function gone(parameter: string): Refused {
  const problem = `The resource that you specified for the ${parameter} parameter doesn't exist.`;
  return new Refused(problem, "ResourceNotFoundException", 404);
}
