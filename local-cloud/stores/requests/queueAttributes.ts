import { jsonOf } from "../../../contract/check";
import { Refused } from "../../wire/refusal";

/**
 * Attributes of CreateQueue and SetQueueAttributes ("SetQueueAttributes", Amazon SQS API Reference); others check the
 * ranges.
 */
export const settableAttributes: ReadonlySet<string> = new Set([
  ...["VisibilityTimeout", "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod"],
  ...["ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "RedriveAllowPolicy", "Policy", "KmsMasterKeyId"],
  ...["KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication"],
  ...["DeduplicationScope", "FifoThroughputLimit"],
]);

const readable = new Set([
  ...["All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages"],
  ...["ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"],
  ...settableAttributes,
]);

/** @throws Refused if SQS would refuse these attributes of a queue */
export function checkQueueAttributes(attributes: Record<string, unknown>, isQueue: (arn: string) => boolean): void {
  const unknown = Object.keys(attributes).find((name) => !settableAttributes.has(name));
  if (unknown !== undefined) throw new Refused(`Unknown Attribute ${unknown}.`, "InvalidAttributeName");
  checkRedrivePolicy(attributes.RedrivePolicy, isQueue);
  checkRedriveAllowPolicy(attributes.RedriveAllowPolicy);
}

/** @throws Refused if no queue has such an attribute */
export function checkAttributeNames(names: unknown): void {
  const unknown = Array.isArray(names) ? names.map(String).find((name) => !readable.has(name)) : undefined;
  if (unknown !== undefined) throw new Refused(`Unknown Attribute ${unknown}.`, "InvalidAttributeName");
}

/** An empty text removes the policy. */
function checkRedrivePolicy(text: unknown, isQueue: (arn: string) => boolean): void {
  if (text === undefined || text === "") return;
  const { deadLetterTargetArn: target, maxReceiveCount } = policyIn("RedrivePolicy", text);
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1_000) {
    throw invalid("RedrivePolicy", text, "Invalid value for maxReceiveCount: it is a whole number from 1 to 1000.");
  }
  if (typeof target !== "string" || !target.startsWith("arn:")) {
    throw invalid("RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  }
  if (!isQueue(target)) throw invalid("RedrivePolicy", text, "Dead letter target does not exist.");
}

function checkRedriveAllowPolicy(text: unknown): void {
  if (text === undefined || text === "") return;
  const { redrivePermission: permission, sourceQueueArns: sources } = policyIn("RedriveAllowPolicy", text);
  if (!["allowAll", "denyAll", "byQueue"].includes(String(permission))) {
    throw invalid("RedriveAllowPolicy", text, "redrivePermission is allowAll, denyAll or byQueue.");
  }
  const isList = Array.isArray(sources) && sources.length > 0 && sources.length <= 10;
  if (permission === "byQueue" ? !isList : sources !== undefined) {
    throw invalid(
      "RedriveAllowPolicy",
      text,
      "sourceQueueArns lists up to 10 queues with byQueue, and none otherwise.",
    );
  }
}

function policyIn(name: string, text: unknown): Record<string, unknown> {
  const policy = jsonOf(String(text));
  if (typeof policy === "object" && policy !== null) return policy as Record<string, unknown>;
  throw invalid(name, text, "Amazon SQS can't create the policy: it isn't an object of JSON.");
}

/** The refusal of a parameter's value, in the words of SQS. */
export function invalid(name: string, value: unknown, reason: string): Refused {
  return new Refused(
    `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`,
    "InvalidParameterValue",
  );
}
