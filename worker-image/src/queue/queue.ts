/** A received message. */
export interface ReceivedMessage {
  id: string;
  receiptHandle: string;
  body: string;
  /** Number of deliveries by SQS, this one included. */
  receiveCount: number;
  /**
   * Time of this worker's request: epoch milliseconds. SQS has hidden it from some moment between this one and
   * `receivedAt`. A worker that froze in between can't tell which.
   */
  askedAt: number;
  /** Time of this worker's receipt: epoch milliseconds. SQS's 12 hours count from here. */
  receivedAt: number;
  /** Time at which SQS got it: epoch milliseconds. */
  sentAt?: number;
  /** True if it carries a `reason`: a redriven dead letter. */
  isRedriven: boolean;
}

/** Reason of a dead letter, for the message's attributes. */
export interface DeadLetter {
  body: string;
  type: string;
  reason: string;
  attempt?: number;
  failedAt: string;
  frames?: string[];
}

/** A processor's queue and dead-letter queue. */
export interface JobQueue {
  /** Waits up to 20 s for messages, at most `maxMessages` (10 or fewer). */
  receive(maxMessages: number, signal: AbortSignal): Promise<ReceivedMessage[]>;
  remove(message: ReceivedMessage): Promise<void>;
  /** Removes the message of a job whose end is recorded: within seconds, together with others, which costs less. */
  removeLater(message: ReceivedMessage): Promise<void>;
  /** Sends what waits to share a batch; resolves once it is sent. Never rejects. */
  flush(): Promise<void>;
  /** Hides the message for a number of whole seconds from now; 0 makes it visible at once. */
  hide(message: ReceivedMessage, seconds: number): Promise<void>;
  deadLetter(letter: DeadLetter): Promise<void>;
}

/**
 * True if SQS has no such message. It gives the same answer for one that is visible again, so it is gone only if it
 * was hidden all the time.
 */
export function isUnknownMessage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /ReceiptHandleIsInvalid$/.test(error.name) ||
    (/InvalidParameterValue/.test(error.name) && /does not exist/i.test(error.message))
  );
}
