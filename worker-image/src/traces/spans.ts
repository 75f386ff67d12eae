import { type Attributes, SpanKind } from "@opentelemetry/api";
import { type EndedAttempt } from "../job/trace";

export interface JobSpan {
  name: "submit" | "wait" | "attempt";
  kind: SpanKind;
  spanId: string;
  /** Epoch milliseconds. */
  startTime: number;
  endTime: number;
  attributes: Attributes;
}

/**
 * The spans of an attempt: its wait and its run, and the job's submission, from the API to the queue, with the first
 * attempt that ends. Machines' clocks differ, so no span begins after its end.
 */
export function spansOf(ended: EndedAttempt): JobSpan[] {
  const { job, attempt, trace, messageId, sentAt, record, begunAt, endedAt, outcome, error } = ended;
  const { attemptLog = [], retriedAt, replayOf } = record ?? {};
  // The worker of an attempt that was lost has exported nothing.
  const isFirst = record ? attemptLog.every((each) => each.outcome === "lost") : attempt === 1;
  const submittedAt = Math.min(Date.parse(job.submittedAt), begunAt);
  // A job for later may reach its queue at its time only, and a retried one has another message.
  const isSentAtOnce = isFirst && job.notBefore === undefined && retriedAt === undefined;
  const queuedAt = Math.min(Math.max(submittedAt, (isSentAtOnce && sentAt) || 0), begunAt);
  const returns = [attemptLog.at(-1)?.endedAt, retriedAt].map((time) => (time === undefined ? 0 : Date.parse(time)));
  const waitsSince = Math.min(Math.max(queuedAt, ...returns), begunAt);
  const labels = Object.entries(job.labels ?? {}).map(([name, value]) => [`job.label.${name}`, value]);
  const about = {
    ...{ "job.id": job.id, "job.type": job.type, "job.tenant": job.tenant, "job.replay_of": replayOf },
    ...(Object.fromEntries(labels) as Attributes),
  };
  const ofAttempt = { ...about, "job.attempt": attempt };
  const ofRun = {
    ...{ ...ofAttempt, "job.outcome": outcome, "error.type": error?.name },
    ...{ "messaging.system": "aws_sqs", "messaging.message.id": messageId },
  };
  const submit: JobSpan = {
    ...{ name: "submit", kind: SpanKind.PRODUCER, spanId: trace.submitId },
    ...{ startTime: submittedAt, endTime: queuedAt, attributes: about },
  };
  return [
    ...(isFirst ? [submit] : []),
    {
      ...{ name: "wait", kind: SpanKind.INTERNAL, spanId: trace.waitId },
      ...{ startTime: waitsSince, endTime: begunAt, attributes: ofAttempt },
    },
    {
      ...{ name: "attempt", kind: SpanKind.CONSUMER, spanId: trace.attemptId },
      ...{ startTime: begunAt, endTime: endedAt, attributes: ofRun },
    },
  ];
}
