import { groupBy } from "../groupBy";
import { mapLimited } from "../mapLimited";
import { divideIntoBatches } from "./batches";
import type { QueueMessage } from "./queueMessage";

/** Sends one batch to one queue, at most what SQS takes in a call: for each message undefined, or its error. */
export type SendBatch = (queueUrl: string, messages: QueueMessage[]) => Promise<(Error | undefined)[]>;

export interface SendMessagesEffects {
  sendBatch: SendBatch;
  /** Waits for a number of milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
  /** A number from 0 to below 1. */
  random: () => number;
}

/** A message that did not get through. */
export interface SendFailure {
  message: QueueMessage;
  error: unknown;
}

const tries = 3;
const firstPauseMilliseconds = 100;
const batchesAtOnce = 10;

/** Sends messages to their queues in batches, retries those that fail, and returns those that failed every time. */
export function createSendMessages(effects: SendMessagesEffects): (messages: QueueMessage[]) => Promise<SendFailure[]> {
  const { sendBatch, pause, random } = effects;

  async function sendStubbornly(queueUrl: string, batch: QueueMessage[]): Promise<SendFailure[]> {
    let left = batch;
    for (let attempt = 1; ; attempt++) {
      const sent = left;
      const outcomes = await sendBatch(queueUrl, sent).catch((error: unknown) => sent.map(() => error));
      const failures = sent.flatMap((message, index) => {
        const error = outcomes[index];
        return error === undefined ? [] : [{ message, error }];
      });
      if (failures.length === 0 || attempt === tries) return failures;
      left = failures.map(({ message }) => message);
      await pause(firstPauseMilliseconds * 2 ** (attempt - 1) * (0.5 + random()));
    }
  }

  return async function sendMessages(messages) {
    const byQueue = groupBy(messages, ({ queueUrl }) => queueUrl);
    const batches = [...byQueue].flatMap(([queueUrl, ofQueue]) =>
      divideIntoBatches(ofQueue).map((batch) => ({ queueUrl, batch })),
    );
    const failures = await mapLimited(batches, batchesAtOnce, ({ queueUrl, batch }) => sendStubbornly(queueUrl, batch));
    return failures.flat();
  };
}
