import { createHash } from "node:crypto";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { readTraceparent, replayedPrefix } from "../../../contract/messages/traceparent";
import { type JobError, type JobRecord } from "../../../contract/records/record";
import { type Hold } from "../records/records";

/** Ids of a job's spans, by the rules of W3C's "Trace Context". */
export interface JobTrace {
  traceId: string;
  /** Span of the submitter, or of the replayed job's submission; undefined if the trace begins with this job. */
  parentId: string | undefined;
  flags: string;
  submitId: string;
  waitId: string;
  attemptId: string;
}

/** An attempt that has ended. */
export interface EndedAttempt {
  job: JobEnvelope;
  attempt: number;
  trace: JobTrace;
  messageId: string;
  /** Time at which SQS got the message. */
  sentAt: number | undefined;
  /** The record as of the claim; undefined without records. */
  record: JobRecord | undefined;
  /** Epoch milliseconds. */
  begunAt: number;
  endedAt: number;
  outcome: string;
  error: JobError | undefined;
}

/** Exports spans of attempts. It never throws, and nothing waits for it. */
export interface Traces {
  add(attempt: EndedAttempt): void;
}

/**
 * The place of an attempt in its job's trace. Its ids follow from job and claim, so that a span that is exported twice
 * is the same, and nothing needs to be stored for a trace that begins with a job.
 *
 * @param deployment text that tells apart jobs of one id in several deployments
 */
export function traceOf(
  { id, traceparent = "" }: Pick<JobEnvelope, "id" | "traceparent">,
  { attempt, claim }: Pick<Hold, "attempt" | "claim">,
  deployment: string,
): JobTrace {
  const idOf = (text: string) => createHash("sha256").update(`${deployment} ${text}`).digest("hex");
  const replayed = traceparent.startsWith(replayedPrefix) ? traceparent.slice(replayedPrefix.length) : undefined;
  const begun = [undefined, idOf(replayed ?? id).slice(0, 32), replayed && spanId(`submit ${replayed}`), "01"];
  const [, traceId, parentId, flags] = readTraceparent(traceparent)?.split("-") ?? begun;
  const number = `${id} ${claim} ${attempt}`;
  return {
    ...{ traceId: traceId!, parentId, flags: flags! },
    submitId: spanId(`submit ${id}`),
    waitId: spanId(`wait ${number}`),
    attemptId: spanId(`attempt ${number}`),
  };

  function spanId(text: string): string {
    return idOf(text).slice(0, 16);
  }
}

/**
 * The handler's trace context. Its spans are children of the attempt's, or of the submitter's if the attempt has none:
 * no trace shows a parent that nothing exports.
 */
export function traceparentOf({ traceId, parentId, flags, attemptId }: JobTrace, isExported: boolean): string {
  return `00-${traceId}-${isExported ? attemptId : (parentId ?? attemptId)}-${flags}`;
}
