import type { RegionData } from "./dataFolder";
import type { StoredMessage, StoredQueue } from "./fauxqs";

/** Fills a queue with the messages that an earlier run left, hidden for as long as they were, and keeps its own. */
export function keepMessages(queue: StoredQueue, data: RegionData): void {
  const start = `message ${queue.name} `;
  // By age, so that a FIFO queue keeps its order.
  const keyOf = ({ sentTimestamp, sequenceNumber = "", messageId }: StoredMessage) =>
    `${start}${sentTimestamp} ${sequenceNumber} ${messageId}`;
  const keep = (message: StoredMessage, hiddenUntil = message.delayUntil) =>
    data.put(keyOf(message), { ...message, delayUntil: hiddenUntil });
  const forget = (message: StoredMessage) => data.delete(keyOf(message));
  const enqueue = queue.enqueue.bind(queue);
  const dequeue = queue.dequeue.bind(queue);
  const deleteMessage = queue.deleteMessage.bind(queue);
  const changeVisibility = queue.changeVisibility.bind(queue);
  const purge = queue.purge.bind(queue);
  for (const [, message] of data.take<StoredMessage>(start)) enqueue(message);
  Object.assign(queue, {
    enqueue(message) {
      keep(message);
      enqueue(message);
    },
    dequeue(count, visibility, deadLetterQueueOf) {
      const received = dequeue(count, visibility, (arn) => {
        const deadLetters = deadLetterQueueOf?.(arn);
        const move = (message: StoredMessage) => {
          deadLetters?.enqueue(message);
          forget(message);
        };
        return deadLetters && ({ enqueue: move } as StoredQueue);
      });
      for (const { ReceiptHandle } of received) {
        const { message, visibilityDeadline } = queue.inflightMessages.get(ReceiptHandle)!;
        keep(message, visibilityDeadline);
      }
      return received;
    },
    deleteMessage(handle) {
      const entry = queue.inflightMessages.get(handle);
      if (entry) forget(entry.message);
      return deleteMessage(handle);
    },
    changeVisibility(handle, seconds) {
      const entry = queue.inflightMessages.get(handle);
      if (entry) keep(entry.message, Date.now() + seconds * 1_000);
      changeVisibility(handle, seconds);
    },
    purge() {
      const { ready, delayed, inflight } = queue.inspectMessages();
      [...ready, ...delayed, ...inflight.map(({ message }) => message)].forEach(forget);
      purge();
    },
  } satisfies Partial<StoredQueue>);
}
