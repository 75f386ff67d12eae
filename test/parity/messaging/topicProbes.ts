import {
  CreateTopicCommand,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  PublishCommand,
  type PublishCommandInput,
  type SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import type { Probe } from "./probe";

async function arnOf(sns: SNSClient, Name: string): Promise<string> {
  return (await sns.send(new CreateTopicCommand({ Name }))).TopicArn!;
}

const text = (StringValue: string) => ({ DataType: "String", StringValue });

function publish(name: string, input: Partial<PublishCommandInput>, differs?: Probe["differs"]): Probe {
  return {
    name: `SNS Publish, ${name}`,
    ask: async ({ sns }) => {
      const TopicArn = await arnOf(sns, "news");
      await sns.send(new PublishCommand({ TopicArn, Message: "x", ...input }));
    },
    differs,
  };
}

function publishBatch(name: string, entries: Partial<PublishBatchRequestEntry>[], differs?: Probe["differs"]): Probe {
  return {
    name: `SNS PublishBatch, ${name}`,
    ask: async ({ sns }) => {
      const TopicArn = await arnOf(sns, "news");
      const PublishBatchRequestEntries = entries.map((entry, index) => ({ Id: `e${index}`, Message: "x", ...entry }));
      return sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    },
    differs,
  };
}

function createTopic(name: string, Name: string, differs?: Probe["differs"]): Probe {
  return {
    name: `SNS CreateTopic, ${name}`,
    ask: ({ sns }) => sns.send(new CreateTopicCommand({ Name })).then(() => "ok"),
    differs,
  };
}

const nowhere = "arn:aws:sns:us-east-1:000000000000:nowhere";
const queue = "arn:aws:sqs:us-east-1:000000000000:any";

export const topicProbes: Probe[] = [
  publish("of a text", {}),
  publish("of an emoji", { Message: "😀" }),
  publish("of nothing", { Message: "" }),
  publish("of 262,144 bytes", { Message: "x".repeat(262_144) }),
  publish("of 262,145 bytes", { Message: "x".repeat(262_145) }),
  publish("with an attribute", { MessageAttributes: { type: text("x") } }),
  publish("with an attribute of an empty value", { MessageAttributes: { type: text("") } }),
  publish("with an attribute of the type Text", { MessageAttributes: { a: { DataType: "Text", StringValue: "x" } } }),
  publish(
    "with a number that is none",
    { MessageAttributes: { a: { DataType: "Number", StringValue: "one" } } },
    {
      localCloud: "InvalidParameterValueException (ParameterValueInvalid) 400",
      because: "Amazon SNS message attributes: Number attributes are numbers",
    },
  ),
  publish("with a list that is none", { MessageAttributes: { a: { DataType: "String.Array", StringValue: "one" } } }),
  publish("with a space in an attribute's name", { MessageAttributes: { "a b": text("x") } }),
  publish("with a subject of 100 characters", { Subject: "s".repeat(100) }),
  publish(
    "with a subject of 101 characters",
    { Subject: "s".repeat(101) },
    {
      localCloud: "InvalidParameterException (InvalidParameter) 400",
      because: "Publish: subjects have no line breaks or control characters and up to 100 characters",
    },
  ),
  publish(
    "with a line break in the subject",
    { Subject: "a\nb" },
    {
      localCloud: "InvalidParameterException (InvalidParameter) 400",
      because: "Publish: subjects have no line breaks or control characters and up to 100 characters",
    },
  ),
  publish("of a structure that is no JSON", { MessageStructure: "json", Message: "x" }),
  publish("of a structure without a default", { MessageStructure: "json", Message: '{"sqs":"x"}' }),
  publish("of a structure with a default", { MessageStructure: "json", Message: '{"default":"x"}' }),
  publish("to a topic that isn't there", { TopicArn: nowhere }),
  publish("to no topic's ARN", { TopicArn: "news" }),
  publishBatch("of two", [{}, {}]),
  publishBatch("of none", [], {
    localCloud: "EmptyBatchRequestException (EmptyBatchRequest) 400",
    because: "PublishBatch: EmptyBatchRequest; LocalStack stumbles",
  }),
  publishBatch(
    "of 11",
    Array.from({ length: 11 }, () => ({})),
  ),
  publishBatch("with an id twice", [{ Id: "a" }, { Id: "a" }]),
  publishBatch("with a space in an id", [{ Id: "a b" }, {}]),
  publishBatch("with an id of 81 characters", [{ Id: "a".repeat(81) }, {}]),
  publishBatch(
    "of 3 × 100,000 bytes",
    Array.from({ length: 3 }, () => ({ Message: "x".repeat(100_000) })),
  ),
  publishBatch("with one of 262,145 bytes", [{}, { Message: "x".repeat(262_145) }]),
  publishBatch("with an empty message", [{}, { Message: "" }], {
    localCloud: "InvalidParameterException (InvalidParameter) 400",
    because: "PublishBatchRequestEntry: Message is required, and Publish refuses an empty one",
  }),
  publishBatch("with an attribute of an empty value", [{}, { MessageAttributes: { type: text("") } }]),
  publishBatch("with an attribute of the type Text", [
    {},
    { MessageAttributes: { a: { DataType: "Text", StringValue: "x" } } },
  ]),
  {
    name: "SNS PublishBatch, to a topic that isn't there",
    ask: ({ sns }) =>
      sns.send(new PublishBatchCommand({ TopicArn: nowhere, PublishBatchRequestEntries: [{ Id: "a", Message: "x" }] })),
  },
  createTopic("with a name of 256 characters", "t".repeat(256)),
  createTopic("with a name of 257 characters", "t".repeat(257)),
  createTopic("with a space in the name", "a b"),
  createTopic("with an empty name", ""),
  {
    name: "SNS Subscribe, by a protocol that isn't one",
    ask: async ({ sns }) =>
      sns.send(new SubscribeCommand({ TopicArn: await arnOf(sns, "news"), Protocol: "pigeon", Endpoint: queue })),
  },
  {
    name: "SNS Subscribe, to a topic that isn't there",
    ask: ({ sns }) => sns.send(new SubscribeCommand({ TopicArn: nowhere, Protocol: "sqs", Endpoint: queue })),
  },
  {
    name: "SNS Subscribe, with a filter that is no JSON",
    ask: async ({ sns }) =>
      sns.send(
        new SubscribeCommand({
          ...{ TopicArn: await arnOf(sns, "news"), Protocol: "sqs", Endpoint: queue },
          Attributes: { FilterPolicy: "all" },
        }),
      ),
  },
];
