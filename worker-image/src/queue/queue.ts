/** A message as it was received. */
export interface ReceivedMessage {
  id: string;
  receiptHandle: string;
  body: string;
  /** How often SQS has delivered it, this time included. */
  receiveCount: number;
  /**
   * When this worker asked for it: epoch milliseconds. SQS has hidden it from some moment between this one and `receivedAt`.
   * A worker that froze in between can't tell which.
   */
  askedAt: number;
  /** When this worker got it: epoch milliseconds. SQS's 12 hours count from here. */
  receivedAt: number;
  /** Whether it carries a `reason`: a dead letter that someone sent back. */
  isRedriven: boolean;
}

/** Why a job is dead, for the message's attributes. */
export interface DeadLetter {
  body: string;
  type: string;
  reason: string;
  attempt?: number;
  failedAt: string;
}

/** A processor's queue and dead-letter queue. */
export interface JobQueue {
  /** Waits up to 20 s for messages, at most `maxMessages` (10 or fewer). */
  receive(maxMessages: number, signal: AbortSignal): Promise<ReceivedMessage[]>;
  remove(message: ReceivedMessage): Promise<void>;
  /** Hides the message for so many whole seconds from now; 0 lets it be received at once. */
  hide(message: ReceivedMessage, seconds: number): Promise<void>;
  deadLetter(letter: DeadLetter): Promise<void>;
}

/**
 * Whether SQS says that it has no such message. It says the same of one that is visible again, so that it is gone only if it
 * was hidden all the time.
 */
export function isUnknownMessage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /ReceiptHandleIsInvalid$/.test(error.name) ||
    (/InvalidParameterValue/.test(error.name) && /does not exist/i.test(error.message))
  );
}
