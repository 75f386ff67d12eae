/** SQS's counts of a queue, which it calls approximate. */
export interface QueueCounts {
  /** Messages that could be received now. */
  visible: number;
  /** Messages received and not yet deleted. */
  inFlight: number;
  /** Messages whose delay isn't over. */
  delayed?: number;
}

type CountName =
  "ApproximateNumberOfMessages" | "ApproximateNumberOfMessagesNotVisible" | "ApproximateNumberOfMessagesDelayed";

/** Names of the queue attributes that hold the counts. */
export const countNames: CountName[] = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
];

/** Reads the counts from a queue's attributes. */
export function countsIn(attributes: Partial<Record<CountName, string>> = {}): QueueCounts {
  const [visible, inFlight, delayed] = countNames.map((name) => Number(attributes[name] ?? 0));
  return { visible, inFlight, delayed } as QueueCounts;
}
