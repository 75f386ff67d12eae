import { jsonOf } from "../../../contract/check";
import { Refused } from "../../wire/refusal";
import { type GivenAttribute, problemOfAttributes } from "./messageAttributes";

type Fields = Record<string, string>;

/** "CreateTopic" and "Publish", Amazon SNS API Reference. */
const topicName = /^(?=.{1,256}$)[\w-]+(\.fifo)?$/;
const topicArn = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+(\.fifo)?$/;
const subject = /^\P{Cc}{1,100}$/u;
const entryId = /^[\w-]{1,80}$/;
const maxBytes = 262_144;

interface Message {
  id?: string;
  fields: Fields;
  attributes: Record<string, GivenAttribute>;
}

/**
 * Refuses requests that SNS refuses and the store would take ("Amazon SNS API Reference", by action). `fields` are the
 * form's.
 *
 * @throws Refused
 */
export function checkTopicRequest(action: string, fields: Fields): void {
  if (action === "CreateTopic" && !topicName.test(fields.Name ?? "")) throw invalid("Topic Name");
  if (action === "Subscribe") checkFilter(fields);
  if (action !== "Publish" && action !== "PublishBatch") return;
  if (fields.TopicArn !== undefined && !topicArn.test(fields.TopicArn)) {
    throw invalid(`TopicArn Reason: An ARN must have at least 6 elements, not ${fields.TopicArn.split(":").length}`);
  }
  if (action === "PublishBatch") return checkBatch(fields);
  const message = messageIn(fields, "");
  checkMessage(message);
  if (bytesOf(message) > maxBytes) throw invalid("Message too long");
}

function checkBatch(fields: Fields): void {
  const list = "PublishBatchRequestEntries.member.";
  const messages = numbersAfter(fields, list).map((number) => messageIn(fields, `${list}${number}.`));
  if (messages.length === 0) throw new Refused("The batch request doesn't contain any entries.", "EmptyBatchRequest");
  if (messages.length > 10) {
    throw new Refused("The batch request contains more entries than permissible.", "TooManyEntriesInBatchRequest");
  }
  const ids = messages.map(({ fields: { Id = "" } }) => Id);
  if (new Set(ids).size < ids.length) {
    throw new Refused("Two or more batch entries in the request have the same Id.", "BatchEntryIdsNotDistinct");
  }
  const odd = ids.find((id) => !entryId.test(id));
  if (odd !== undefined) {
    throw new Refused(`The Id of a batch entry in the batch request is impermissible: ${odd}`, "InvalidBatchEntryId");
  }
  messages.forEach(checkMessage);
  if (messages.reduce((sum, message) => sum + bytesOf(message), 0) > maxBytes) {
    const problem = "The length of all the messages put together is more than the limit.";
    throw new Refused(problem, "BatchRequestTooLong");
  }
}

function checkMessage({ fields, attributes }: Message): void {
  if (!fields.Message) throw invalid("Empty message");
  if (fields.Subject !== undefined && !subject.test(fields.Subject)) throw invalid("Subject");
  const problem = problemOfAttributes(attributes);
  if (problem !== undefined) {
    throw new Refused(`Invalid parameter: Message attributes Reason: ${problem}`, "ParameterValueInvalid");
  }
  if (fields.MessageStructure === "json") checkStructure(fields.Message);
}

function checkStructure(message: string): void {
  const what = "Message Structure - ";
  const structure = jsonOf(message);
  if (structure === undefined) throw invalid(`${what}JSON message body failed to parse`);
  const { default: standard } = (structure ?? {}) as { default?: unknown };
  if (typeof standard !== "string") throw invalid(`${what}No default entry in JSON message body`);
}

function checkFilter(fields: Fields): void {
  for (const number of numbersAfter(fields, "Attributes.entry.")) {
    const [name, value] = ["key", "value"].map((part) => fields[`Attributes.entry.${number}.${part}`]);
    if (name !== "FilterPolicy" || !value) continue;
    const policy = jsonOf(value);
    if (typeof policy !== "object" || policy === null) throw invalid("FilterPolicy: failed to parse JSON");
  }
}

function messageIn(fields: Fields, prefix: string): Message {
  const own = Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
  const attributes = numbersAfter(own, "MessageAttributes.entry.").map((number): [string, GivenAttribute] => {
    const part = (name: string) => own[`MessageAttributes.entry.${number}.${name}`];
    const [DataType, StringValue, BinaryValue] = ["DataType", "StringValue", "BinaryValue"].map((name) =>
      part(`Value.${name}`),
    );
    return [part("Name") ?? "", { DataType, StringValue, BinaryValue }];
  });
  return { fields: own, attributes: Object.fromEntries(attributes) };
}

/** The numbers of a list's members in a form. */
function numbersAfter(fields: Fields, prefix: string): string[] {
  const numbers = Object.keys(fields)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split(".")[0]!)
    .filter((number) => /^\d+$/.test(number));
  return [...new Set(numbers)];
}

function bytesOf({ fields, attributes }: Message): number {
  const texts = Object.entries(attributes).flatMap(([name, { DataType, StringValue, BinaryValue }]) => [
    ...[name, DataType, StringValue, BinaryValue],
  ]);
  return [fields.Message, ...texts].reduce((sum, text = "") => sum + Buffer.byteLength(text), 0);
}

function invalid(what: string): Refused {
  return new Refused(`Invalid parameter: ${what}`, "InvalidParameter");
}
