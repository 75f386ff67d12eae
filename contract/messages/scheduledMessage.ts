import type { Labels } from "../labels";
import { attributes, stringAttributes } from "./attributes";
import { encodeEnvelope, type JobEnvelope } from "./envelope";

/** Prefix of the names of schedules of single jobs; those of recurring jobs begin with the component's name. */
export const schedulePrefix = "job-";

/** Prefix of the names of schedules that go on with an action whose run was lost. */
export const watchPrefix = "action-";

/** Keywords that EventBridge Scheduler replaces by the time and the id of each run ("Adding context attributes"). */
const scheduleKeywords = {
  scheduledTime: "<aws.scheduler.scheduled-time>",
  executionId: "<aws.scheduler.execution-id>",
} as const;

/** The target by which a schedule publishes to a topic of the same partition ("Using universal targets"). */
export function publishTarget(topicArn: string): string {
  return `arn:${topicArn.split(":")[1]}:scheduler:::aws-sdk:sns:publish`;
}

/**
 * The input of such a target that publishes a job. A payload is kept as it is, even if it looks like a keyword
 * of schedules.
 */
export function publishInput(topicArn: string, envelope: JobEnvelope): string {
  return publishInputOf(topicArn, envelope.type, withoutKeywords(encodeEnvelope(envelope)));
}

/** The input that publishes a new job in each run: its id starts with the schedule's name. */
export function recurringInput(
  topicArn: string,
  { type, name, ...more }: { type: string; name: string; payload: unknown; labels?: Labels | undefined },
): string {
  const { executionId, scheduledTime } = scheduleKeywords;
  // Scheduler replaces both fields before anything reads them.
  const frame = { version: 1, id: `${name}-${executionId}`, type, submittedAt: scheduledTime } as const;
  const text = `${JSON.stringify(frame).slice(0, -1)},${withoutKeywords(JSON.stringify(more)).slice(1)}`;
  return publishInputOf(topicArn, type, text);
}

function publishInputOf(topicArn: string, type: string, message: string): string {
  const MessageAttributes = stringAttributes({ [attributes.type]: type });
  return JSON.stringify({ TopicArn: topicArn, Message: message, MessageAttributes });
}

/** The same JSON without any keyword: "<" occurs only in strings. */
function withoutKeywords(json: string): string {
  return json.replace(/<aws\.scheduler\./g, "\\u003caws.scheduler.");
}
