import { Refused } from "../../wire/refusal";
import type { FailedEntry } from "../../wire/replay";
import type { StoredQueue } from "../fauxqs";
import { isHandleOf, messageIdIn } from "../receiptHandles";
import { type GivenAttribute, problemOfAttributes } from "./messageAttributes";
import { checkAttributeNames, checkQueueAttributes, invalid } from "./queueAttributes";

type Input = Record<string, unknown>;

export interface Queues {
  /** By name or URL, or by ARN. */
  queue: (nameUrlOrArn: string) => StoredQueue | undefined;
}

/** "CreateQueue", Amazon SQS API Reference. */
const queueName = /^(?=.{1,80}$)[\w-]+(\.fifo)?$/;
/** "SendMessage": alphanumeric characters and punctuation. */
const groupId = /^[!-~]{1,128}$/;
const entryId = /^[\w-]{1,80}$/;

/**
 * Refuses requests that SQS refuses and the store would take ("Amazon SQS API Reference", by action).
 *
 * @returns the refused entries of a batch
 * @throws Refused if the whole call is refused
 */
export function checkQueueRequest(action: string, input: Input, queues: Queues): FailedEntry[] {
  const queue = typeof input.QueueUrl === "string" ? queues.queue(input.QueueUrl) : undefined;
  const isQueue = (arn: string) => queues.queue(arn) !== undefined;
  if (action === "CreateQueue") {
    checkQueueName(input.QueueName);
    checkQueueAttributes(inputOf(input.Attributes), isQueue);
  }
  if (action === "SetQueueAttributes") checkQueueAttributes(inputOf(input.Attributes), isQueue);
  if (action === "GetQueueAttributes") checkAttributeNames(input.AttributeNames);
  if (action === "ReceiveMessage") checkWhole("VisibilityTimeout", input.VisibilityTimeout, 43_200);
  // The store reports a missing queue.
  if (!queue) return [];
  const check = checkOf(queue)[action.replace(/Batch$/, "")];
  if (!check) return [];
  if (!action.endsWith("Batch")) {
    check(input);
    return [];
  }
  const entries = entriesOf(input);
  return entries.flatMap((entry) => failureOf(entry, check));
}

/** By action, alone or of a batch's entry. */
function checkOf(queue: StoredQueue): Record<string, (entry: Input) => void> {
  return {
    SendMessage: checkMessage,
    ChangeMessageVisibility: (entry) => {
      checkWhole("VisibilityTimeout", entry.VisibilityTimeout, 43_200);
      checkHandle(queue, entry.ReceiptHandle);
      checkInFlight(queue, String(entry.ReceiptHandle));
    },
    DeleteMessage: (entry) => checkHandle(queue, entry.ReceiptHandle),
  };
}

/** @throws Refused for an invalid batch; the store checks its size */
function entriesOf({ Entries: given }: Input): Input[] {
  const entries = Array.isArray(given) ? given.map(inputOf) : [];
  if (entries.length === 0)
    throw new Refused("There should be at least one entry in the request.", "EmptyBatchRequest");
  if (entries.length > 10) {
    const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`;
    throw new Refused(message, "TooManyEntriesInBatchRequest");
  }
  const ids = entries.map(({ Id }) => textOf(Id));
  if (!ids.every((id) => entryId.test(id))) {
    const message =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new Refused(message, "InvalidBatchEntryId");
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Refused(`Id ${twice} repeated.`, "BatchEntryIdsNotDistinct");
  return entries;
}

function failureOf(entry: Input, check: (entry: Input) => void): FailedEntry[] {
  try {
    check(entry);
    return [];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [{ Id: String(entry.Id), SenderFault: true, Code: error.code, Message: error.message }];
  }
}

function checkQueueName(name: unknown): void {
  if (typeof name === "string" && queueName.test(name)) return;
  const problem = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
  throw new Refused(problem, "InvalidParameterValue");
}

function checkMessage({ MessageBody: body, MessageAttributes, MessageGroupId: group, DelaySeconds }: Input): void {
  if (body === undefined || body === "") {
    throw new Refused("The request must contain the parameter MessageBody.", "MissingParameter");
  }
  checkWhole("DelaySeconds", DelaySeconds, 900);
  const attributes = inputOf(MessageAttributes) as Record<string, GivenAttribute>;
  const count = Object.keys(attributes).length;
  if (count > 10) {
    const problem = `Number of message attributes [${count}] exceeds the allowed maximum [10].`;
    throw new Refused(problem, "InvalidParameterValue");
  }
  const problem = problemOfAttributes(attributes);
  if (problem !== undefined) throw new Refused(problem, "InvalidParameterValue");
  if (group !== undefined && !(typeof group === "string" && groupId.test(group))) {
    const reason = "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    throw invalid("MessageGroupId", textOf(group), reason);
  }
}

function checkWhole(name: string, value: unknown, max: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max) return;
  throw invalid(name, textOf(value), `${name} must be >= 0 and <= ${max}.`);
}

function checkHandle(queue: StoredQueue, handle: unknown): void {
  if (typeof handle === "string" && isHandleOf(queue.arn, handle)) return;
  throw new Refused(
    `The input receipt handle "${String(handle)}" is not a valid receipt handle.`,
    "ReceiptHandleIsInvalid",
  );
}

/** A message that is visible again isn't in flight; for a deleted one SQS has another error. */
function checkInFlight(queue: StoredQueue, handle: string): void {
  if (queue.inflightMessages.has(handle)) return;
  const id = messageIdIn(handle);
  const isThere = [...queue.messages, ...[...queue.inflightMessages.values()].map(({ message }) => message)].some(
    ({ messageId }) => messageId === id,
  );
  const problem = "Message does not exist or is not available for visibility timeout change.";
  if (isThere || queue.isFifo()) throw new Refused(problem, "MessageNotInflight");
  throw invalid("ReceiptHandle", handle, problem);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function inputOf(value: unknown): Input {
  return typeof value === "object" && value !== null ? (value as Input) : {};
}
