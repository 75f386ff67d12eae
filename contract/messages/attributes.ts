/** Names of SNS and SQS message attributes. */
export const attributes = {
  /** Job type, on every message. */
  type: "type",
  /** Final state of the job, on completion events. */
  state: "state",
  /** Reason for a dead letter or an unroutable message, for people. */
  reason: "reason",
  /** On a dead letter: the attempt that failed, counted from 1. */
  attempt: "attempt",
  /** On a dead letter or an unroutable message: the time, ISO 8601. */
  failedAt: "failedAt",
  /** On a dead letter: the error's `frames`, one a line. */
  frames: "frames",
} as const;

/** A string message attribute of SNS and SQS. */
export interface StringAttribute {
  DataType: "String";
  StringValue: string;
}

/**
 * Message attributes of the given texts, each cut to 1,000 characters; those that are undefined or empty are left out
 * (SQS refuses empty ones).
 */
export function stringAttributes(texts: Record<string, string | undefined>): Record<string, StringAttribute> {
  const result: Record<string, StringAttribute> = {};
  for (const [name, text] of Object.entries(texts)) {
    // Cut first: a cut can halve a surrogate pair.
    if (text) result[name] = { DataType: "String", StringValue: acceptableText(text.slice(0, 1_000)) };
  }
  return result;
}

/**
 * The text without the characters that SQS refuses, which are replaced ("Amazon SQS message quotas": #x9, #xA, #xD,
 * #x20 up).
 */
export function acceptableText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udfff]/gu, "\ufffd");
}
