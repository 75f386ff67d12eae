import type { RegionData } from "./dataFolder";
import type { SqsStore, StoredMessage, StoredQueue, StoredSubscription } from "./fauxqs";
import { keepMessages } from "./keptMessages";
import type { Notification } from "./notification";
import { giveHandles } from "./receiptHandles";

export type QueueStore = ReturnType<typeof createQueueStore>;

/** fauxqs's queues, with their faults corrected. `address` is the endpoint's, which queue URLs start with. */
export function createQueueStore(Base: typeof SqsStore, address: string, data?: RegionData) {
  class LocalSqsStore extends Base {
    deliver: (notification: Notification) => void = () => {
      throw new Error("Nothing takes the notifications for Lambda functions yet");
    };
    /** The topic whose message is being delivered to its subscribers at this moment. */
    fanningOutFrom: string | undefined;
    mayDeliver: (topicArn: string, queueArn: string) => boolean = () => true;
    subscriptionOf: (arn: string) => StoredSubscription | undefined = () => undefined;

    override createQueue(...args: Parameters<SqsStore["createQueue"]>): StoredQueue {
      const queue = super.createQueue(...args);
      queue.notifyWaiters = wakeAsManyAsThereIsWork(queue);
      noteSource(queue);
      proveHandles(queue);
      if (data) keepMessages(queue, data);
      return queue;
    }

    override buildQueueUrl(name: string): string {
      return `${address}/000000000000/${name}`;
    }

    /** By the last part of the URL: clients may use any name of this machine. */
    override getQueue(url: string): StoredQueue | undefined {
      return this.getQueueByName(url.slice(url.lastIndexOf("/") + 1));
    }

    override deleteQueue(url: string): boolean {
      const queue = this.getQueue(url);
      queue?.purge();
      return super.deleteQueue(queue?.url ?? url);
    }

    /** For a function's ARN, an object that takes messages as a queue would. */
    override getQueueByArn(arn: string): StoredQueue | undefined {
      if (arn.startsWith("arn:aws:lambda:")) return this.functionQueue(arn);
      return this.fanningOutFrom === undefined || this.isOpenTo(this.fanningOutFrom, arn)
        ? super.getQueueByArn(arn)
        : undefined;
    }

    /** Undoes a receive whose answer can't reach its caller: otherwise the messages would stay hidden. */
    giveBack(url: string, answer: string): void {
      const queue = this.getQueue(url);
      const { Messages = [] } = JSON.parse(answer || "{}") as { Messages?: { ReceiptHandle: string }[] };
      for (const { ReceiptHandle } of Messages) {
        const entry = queue?.inflightMessages.get(ReceiptHandle);
        if (entry) entry.message.approximateReceiveCount--;
        queue?.changeVisibility(ReceiptHandle, 0);
      }
    }

    /** Finding the answer also reads queues. */
    isOpenTo(topicArn: string, queueArn: string): boolean {
      this.fanningOutFrom = undefined;
      const isOpen = this.mayDeliver(topicArn, queueArn);
      this.fanningOutFrom = topicArn;
      return isOpen;
    }

    functionQueue(functionArn: string): StoredQueue {
      const enqueue = ({ body }: StoredMessage): void => {
        const { UnsubscribeURL } = JSON.parse(body) as { UnsubscribeURL: string };
        const subscription = this.subscriptionOf(UnsubscribeURL.replace(/^.*SubscriptionArn=/, ""));
        if (subscription) this.deliver({ functionArn, subscription, body });
      };
      return { arn: functionArn, isFifo: () => false, enqueue } as unknown as StoredQueue;
    }
  }
  return new LocalSqsStore();
}

/**
 * fauxqs would wake every long poll for one message, and all but one would answer early and empty. A woken poll
 * takes its message a moment later, and fauxqs wakes more polls just before that: the message is already assigned.
 */
function wakeAsManyAsThereIsWork(queue: StoredQueue): () => void {
  let awake = 0;
  return () => {
    let available = queue.isFifo() ? Infinity : queue.messages.length - awake;
    for (; available > 0 && queue.pollWaiters.length > 0; available--) {
      const waiter = queue.pollWaiters.shift()!;
      clearTimeout(waiter.timer);
      awake++;
      setImmediate(() => awake--);
      waiter.resolve();
    }
  };
}

/** fauxqs accepts any text as the handle of a deleted message. */
function proveHandles(queue: StoredQueue): void {
  const dequeue = queue.dequeue.bind(queue);
  queue.dequeue = (...args) => {
    const received = dequeue(...args);
    giveHandles(queue, received);
    return received;
  };
}

/** fauxqs forgets the source queue of a dead letter; SQS needs it to move the message back. */
function noteSource(queue: StoredQueue): void {
  const dequeue = queue.dequeue.bind(queue);
  queue.dequeue = (count, visibility, deadLetterQueueOf) =>
    dequeue(count, visibility, (arn) => {
      const found = deadLetterQueueOf?.(arn);
      const enqueue = (message: StoredMessage) =>
        found?.enqueue(Object.assign(message, { deadLetterSourceArn: queue.arn }));
      return found && ({ enqueue } as StoredQueue);
    });
}
