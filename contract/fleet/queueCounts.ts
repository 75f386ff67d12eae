/** SQS's counts of a queue, which it calls approximate. */
export interface QueueCounts {
  /** Messages that could be received now. */
  visible: number;
  /** Messages received and not yet deleted. */
  inFlight: number;
}

type CountName = "ApproximateNumberOfMessages" | "ApproximateNumberOfMessagesNotVisible";

/** Names of the queue attributes that hold the counts. */
export const countNames: CountName[] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];

/** Reads the counts from a queue's attributes. */
export function countsIn(attributes: Partial<Record<CountName, string>> = {}): QueueCounts {
  const [visible, inFlight] = countNames.map((name) => Number(attributes[name] ?? 0));
  return { visible, inFlight } as QueueCounts;
}
