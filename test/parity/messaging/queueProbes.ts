import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type MessageAttributeValue,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Probe } from "./probe";

const mebibyte = 1_024 ** 2;

// What AWS says where the two differ: pages of the "Amazon SQS API Reference", or the named ones of its Developer
// Guide.
const delays = "SendMessage: DelaySeconds, valid values are 0 to 900";
const visibility = "ChangeMessageVisibility and ReceiveMessage: from 0 to 43,200 seconds";
const ranges = "CreateQueue: each attribute has its range; LocalStack checks none of them";
const entryCode =
  "BatchResultErrorEntry: the code of the error that the call alone has; LocalStack writes its classes' names";

type Attributes = Record<string, MessageAttributeValue>;
const text = (StringValue: string): MessageAttributeValue => ({ DataType: "String", StringValue });
const texts = (count: number): Attributes =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, text("x")]));

async function urlOf(sqs: SQSClient, QueueName: string): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl!;
}

type Send = ConstructorParameters<typeof SendMessageCommand>[0];

function send(name: string, input: Partial<Send>, differs?: Probe["differs"]): Probe {
  return {
    name: `SQS SendMessage, ${name}`,
    ask: async ({ sqs }) => {
      const QueueUrl = await urlOf(sqs, "sent-to");
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", ...input }));
    },
    differs,
  };
}

function sendBatch(name: string, entries: Partial<SendMessageBatchRequestEntry>[], differs?: Probe["differs"]): Probe {
  return {
    name: `SQS SendMessageBatch, ${name}`,
    ask: async ({ sqs }) => {
      const QueueUrl = await urlOf(sqs, "sent-to");
      const Entries = entries.map((entry, index) => ({ Id: `e${index}`, MessageBody: "x", ...entry }));
      return sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    },
    differs,
  };
}

type Receive = ConstructorParameters<typeof ReceiveMessageCommand>[0];

function receive(name: string, input: Partial<Receive>, differs?: Probe["differs"]): Probe {
  return {
    name: `SQS ReceiveMessage, ${name}`,
    ask: async ({ sqs }) => {
      const QueueUrl = await urlOf(sqs, "empty");
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...input }));
    },
    differs,
  };
}

/** With the receipt handle of a message in flight. */
function inFlight(
  name: string,
  ask: (sqs: SQSClient, QueueUrl: string, ReceiptHandle: string) => Promise<unknown>,
  differs?: Probe["differs"],
): Probe {
  return {
    name: `SQS ${name}`,
    ask: async ({ sqs }) => {
      const QueueUrl = await urlOf(sqs, "received-from");
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600 }));
      return ask(sqs, QueueUrl, Messages![0]!.ReceiptHandle!);
    },
    differs,
  };
}

type QueueAttributes = Partial<Record<QueueAttributeName, string>>;

function create(
  name: string,
  input: { QueueName: string; Attributes?: QueueAttributes },
  differs?: Probe["differs"],
): Probe {
  return {
    name: `SQS CreateQueue, ${name}`,
    ask: ({ sqs }) => sqs.send(new CreateQueueCommand(input)).then(() => "ok"),
    differs,
  };
}

function setAttributes(name: string, attributes: QueueAttributes, differs?: Probe["differs"]): Probe {
  return {
    name: `SQS SetQueueAttributes, ${name}`,
    ask: async ({ sqs }) => {
      // A queue of its own: LocalStack keeps what it can't read.
      await urlOf(sqs, "other");
      const QueueUrl = await urlOf(sqs, name.replace(/\W/g, "-"));
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
    },
    differs,
  };
}

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const redrive = (policy: object) => JSON.stringify(policy);

/** A second of two attributes, so that "created again" has something to differ in. */
function createTwice(name: string, second: QueueAttributes, differs?: Probe["differs"]): Probe {
  return {
    name: `SQS CreateQueue again, ${name}`,
    ask: async ({ sqs }) => {
      const QueueName = "made-twice";
      await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: "31" } }));
      await sqs.send(new CreateQueueCommand({ QueueName, Attributes: second }));
    },
    differs,
  };
}

export const queueProbes: Probe[] = [
  send("of a text", {}),
  send("of an emoji", { MessageBody: "😀" }),
  send("with an empty body", { MessageBody: "" }),
  send("with \\x00 in the body", { MessageBody: "a\0b" }),
  send("with U+FFFE in the body", { MessageBody: "a\ufffeb" }),
  send("of 1 MiB", { MessageBody: "x".repeat(mebibyte) }),
  send("of 1 MiB and a byte", { MessageBody: "x".repeat(mebibyte + 1) }),
  send("of 1 MiB with its attributes", {
    MessageBody: "x".repeat(mebibyte - 8),
    MessageAttributes: { a: text("y") },
  }),
  send("of a byte more with its attributes", {
    MessageBody: "x".repeat(mebibyte - 7),
    MessageAttributes: { a: text("y") },
  }),
  send("with 10 attributes", { MessageAttributes: texts(10) }),
  send(
    "with 11 attributes",
    { MessageAttributes: texts(11) },
    { localCloud: "InvalidParameterValue 400", because: "Amazon SQS message metadata: up to 10 attributes" },
  ),
  send("with an attribute of an empty value", { MessageAttributes: { a: text("") } }),
  send("with an attribute without a value", { MessageAttributes: { a: { DataType: "String" } } }),
  send("with \\x01 in an attribute", { MessageAttributes: { a: text("\x01") } }),
  send("with an attribute of the type Text", { MessageAttributes: { a: { DataType: "Text", StringValue: "x" } } }),
  send("with an attribute without a type", { MessageAttributes: { a: { DataType: "", StringValue: "x" } } }),
  send("with an attribute of the type String.id", {
    MessageAttributes: { a: { DataType: "String.id", StringValue: "x" } },
  }),
  send("with an attribute of the type Number", {
    MessageAttributes: { a: { DataType: "Number", StringValue: "-1.5e3" } },
  }),
  send(
    "with a number that is none",
    { MessageAttributes: { a: { DataType: "Number", StringValue: "one" } } },
    { localCloud: "InvalidParameterValue 400", because: "Amazon SQS message metadata: a Number is a number" },
  ),
  send(
    "with an empty binary attribute",
    {
      MessageAttributes: { a: { DataType: "Binary", BinaryValue: new Uint8Array() } },
    },
    { localCloud: "InvalidParameterValue 400", because: "MessageAttributeValue: values can't be empty or null" },
  ),
  send("with a binary attribute", {
    MessageAttributes: { a: { DataType: "Binary", BinaryValue: new Uint8Array([1]) } },
  }),
  send("with a space in an attribute's name", { MessageAttributes: { "a b": text("x") } }),
  send("with an attribute's name of AWS's", { MessageAttributes: { "AWS.a": text("x") } }),
  send("with an attribute's name that starts with a period", { MessageAttributes: { ".a": text("x") } }),
  send("with an attribute's name of 257 characters", { MessageAttributes: { ["a".repeat(257)]: text("x") } }),
  send("with a group", { MessageGroupId: "tenant-1" }),
  send("with a group of 129 characters", { MessageGroupId: "a".repeat(129) }),
  send("with a space in the group", { MessageGroupId: "a b" }),
  send("delayed by 900 s", { DelaySeconds: 900 }),
  send("delayed by 901 s", { DelaySeconds: 901 }, { localCloud: "InvalidParameterValue 400", because: delays }),
  send("delayed by -1 s", { DelaySeconds: -1 }, { localCloud: "InvalidParameterValue 400", because: delays }),
  {
    name: "SQS SendMessage, to a queue that isn't there",
    ask: async ({ sqs }) => {
      const QueueUrl = (await urlOf(sqs, "sent-to")).replace("sent-to", "nowhere");
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    },
  },

  sendBatch("of two", [{}, {}]),
  sendBatch("of none", []),
  sendBatch(
    "of 11",
    Array.from({ length: 11 }, () => ({})),
  ),
  sendBatch("with an id twice", [{ Id: "a" }, { Id: "a" }]),
  sendBatch("with a space in an id", [{ Id: "a b" }, {}]),
  sendBatch("with an id of 80 characters", [{ Id: "a".repeat(80) }, {}]),
  sendBatch("with an id of 81 characters", [{ Id: "a".repeat(81) }, {}]),
  sendBatch("with an empty id", [{ Id: "" }, {}]),
  sendBatch("of 1.1 MB", [{ MessageBody: "x".repeat(550_000) }, { MessageBody: "x".repeat(550_000) }]),
  sendBatch("with an empty body", [{}, { MessageBody: "" }], {
    localCloud: "e1: MissingParameter",
    because: entryCode,
  }),
  sendBatch("with \\x01 in a body", [{}, { MessageBody: "\x01" }]),
  sendBatch("with an entry delayed by 901 s", [{}, { DelaySeconds: 901 }], {
    localCloud: "e1: InvalidParameterValue",
    because: delays,
  }),
  sendBatch("with an entry of 11 attributes", [{}, { MessageAttributes: texts(11) }], {
    localCloud: "e1: InvalidParameterValue",
    because: "Amazon SQS message metadata: up to 10 attributes",
  }),
  sendBatch("with an attribute of an empty value", [{}, { MessageAttributes: { a: text("") } }], {
    localCloud: "e1: InvalidParameterValue",
    because: entryCode,
  }),
  sendBatch(
    "with an attribute of the type Text",
    [{}, { MessageAttributes: { a: { DataType: "Text", StringValue: "x" } } }],
    { localCloud: "e1: InvalidParameterValue", because: entryCode },
  ),
  sendBatch("with a space in a group", [{}, { MessageGroupId: "a b" }], {
    localCloud: "e1: InvalidParameterValue",
    because: entryCode,
  }),

  receive("of nothing", {}),
  receive(
    "of 0",
    { MaxNumberOfMessages: 0 },
    {
      localCloud: "InvalidParameterValue 400",
      because: "ReceiveMessage: MaxNumberOfMessages, valid values are 1 to 10",
    },
  ),
  receive("of 11", { MaxNumberOfMessages: 11 }),
  receive("waiting for 21 s", { WaitTimeSeconds: 21 }),
  receive("waiting for -1 s", { WaitTimeSeconds: -1 }),
  receive(
    "hidden for 43,201 s",
    { VisibilityTimeout: 43_201 },
    { localCloud: "InvalidParameterValue 400", because: visibility },
  ),
  receive(
    "hidden for -1 s",
    { VisibilityTimeout: -1 },
    { localCloud: "InvalidParameterValue 400", because: visibility },
  ),

  inFlight("ChangeMessageVisibility, 0 s", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })),
  ),
  inFlight("ChangeMessageVisibility, 43,200 s", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 43_200 })),
  ),
  inFlight(
    "ChangeMessageVisibility, 43,201 s",
    (sqs, QueueUrl, ReceiptHandle) =>
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 43_201 })),
    { localCloud: "InvalidParameterValue 400", because: visibility },
  ),
  inFlight(
    "ChangeMessageVisibility, of a message that is visible again",
    async (sqs, QueueUrl, ReceiptHandle) => {
      const change = (VisibilityTimeout: number) =>
        sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
      await change(0);
      await change(60);
    },
    {
      localCloud: "MessageNotInflight (AWS.SimpleQueueService.MessageNotInflight) 400",
      because: "ChangeMessageVisibility: MessageNotInflight, the specified message isn't in flight",
    },
  ),
  inFlight("ChangeMessageVisibility, of a deleted message", async (sqs, QueueUrl, ReceiptHandle) => {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
  }),
  inFlight("ChangeMessageVisibility, by rubbish", (sqs, QueueUrl) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: "rubbish", VisibilityTimeout: 60 })),
  ),
  inFlight("ChangeMessageVisibility, by another queue's handle", async (sqs, _, ReceiptHandle) => {
    const QueueUrl = await urlOf(sqs, "other");
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
  }),
  inFlight("ChangeMessageVisibilityBatch, of none", (sqs, QueueUrl) =>
    sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [] })),
  ),
  inFlight(
    "ChangeMessageVisibilityBatch, with 43,201 s and rubbish",
    (sqs, QueueUrl, ReceiptHandle) =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl,
          Entries: [
            { Id: "long", ReceiptHandle, VisibilityTimeout: 43_201 },
            { Id: "rubbish", ReceiptHandle: "rubbish", VisibilityTimeout: 60 },
            { Id: "right", ReceiptHandle, VisibilityTimeout: 60 },
          ],
        }),
      ),
    { localCloud: "long: InvalidParameterValue, rubbish: ReceiptHandleIsInvalid", because: visibility },
  ),
  inFlight("ChangeMessageVisibilityBatch, with an id twice", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [1, 2].map((VisibilityTimeout) => ({ Id: "a", ReceiptHandle, VisibilityTimeout })),
      }),
    ),
  ),
  inFlight("DeleteMessage, twice", async (sqs, QueueUrl, ReceiptHandle) => {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }),
  inFlight("DeleteMessage, by rubbish", (sqs, QueueUrl) =>
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "rubbish" })),
  ),
  inFlight("DeleteMessage, by another queue's handle", async (sqs, _, ReceiptHandle) => {
    const QueueUrl = await urlOf(sqs, "other");
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }),
  inFlight("DeleteMessageBatch, with rubbish", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "right", ReceiptHandle },
          { Id: "rubbish", ReceiptHandle: "rubbish" },
        ],
      }),
    ),
  ),
  inFlight("DeleteMessageBatch, of none", (sqs, QueueUrl) =>
    sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [] })),
  ),
  inFlight("DeleteMessageBatch, of 11", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Array.from({ length: 11 }, (_, index) => ({ Id: `e${index}`, ReceiptHandle })),
      }),
    ),
  ),
  inFlight("DeleteMessageBatch, with an id twice", (sqs, QueueUrl, ReceiptHandle) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "a", ReceiptHandle },
          { Id: "a", ReceiptHandle },
        ],
      }),
    ),
  ),

  create("with a name of 80 characters", { QueueName: "q".repeat(80) }),
  create("with a name of 81 characters", { QueueName: "q".repeat(81) }),
  create("with a space in the name", { QueueName: "a b" }),
  create("with an empty name", { QueueName: "" }),
  create("with a period in the name", { QueueName: "a.b" }),
  create(
    "hidden for 43,201 s",
    { QueueName: "c1", Attributes: { VisibilityTimeout: "43201" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create(
    "hidden for no number",
    { QueueName: "c2", Attributes: { VisibilityTimeout: "long" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create(
    "delayed by 901 s",
    { QueueName: "c3", Attributes: { DelaySeconds: "901" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create(
    "kept for 59 s",
    { QueueName: "c4", Attributes: { MessageRetentionPeriod: "59" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create(
    "for messages of 1,023 bytes",
    { QueueName: "c5", Attributes: { MaximumMessageSize: "1023" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create(
    "for messages of 1 MiB and a byte",
    { QueueName: "c6", Attributes: { MaximumMessageSize: "1048577" } },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  create("with an attribute that nobody knows", {
    QueueName: "c7",
    Attributes: { Colour: "red" } as QueueAttributes,
  }),
  createTwice("alike", { VisibilityTimeout: "31" }),
  createTwice("otherwise", { VisibilityTimeout: "32" }),

  setAttributes(
    "hidden for 43,201 s",
    { VisibilityTimeout: "43201" },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  setAttributes(
    "waiting for 21 s",
    { ReceiveMessageWaitTimeSeconds: "21" },
    { localCloud: "InvalidAttributeValue 400", because: ranges },
  ),
  setAttributes("an attribute that nobody knows", { Colour: "red" } as QueueAttributes),
  setAttributes(
    "redrive after 1 to a queue that isn't there",
    {
      RedrivePolicy: redrive({ deadLetterTargetArn: arnOf("nowhere"), maxReceiveCount: 1 }),
    },
    {
      localCloud: "InvalidParameterValue 400",
      because: "CreateQueue: the ARN of the dead-letter queue to which Amazon SQS moves messages; it must exist",
    },
  ),
  setAttributes("redrive after 1,000", {
    RedrivePolicy: redrive({ deadLetterTargetArn: arnOf("other"), maxReceiveCount: 1_000 }),
  }),
  setAttributes("redrive after 1,001", {
    RedrivePolicy: redrive({ deadLetterTargetArn: arnOf("other"), maxReceiveCount: 1_001 }),
  }),
  setAttributes("redrive after 0", {
    RedrivePolicy: redrive({ deadLetterTargetArn: arnOf("other"), maxReceiveCount: 0 }),
  }),
  setAttributes("redrive without a target", { RedrivePolicy: redrive({ maxReceiveCount: 1 }) }),
  setAttributes(
    "redrive that is no JSON",
    { RedrivePolicy: "to the other" },
    {
      localCloud: "InvalidParameterValue 400",
      because: "CreateQueue: RedrivePolicy is a JSON object; LocalStack stumbles over it later",
    },
  ),
  setAttributes("redrive allowed to 10", {
    RedriveAllowPolicy: redrive({
      redrivePermission: "byQueue",
      sourceQueueArns: Array.from({ length: 10 }, (_, index) => arnOf(`s${index}`)),
    }),
  }),
  setAttributes(
    "redrive allowed to 11",
    {
      RedriveAllowPolicy: redrive({
        redrivePermission: "byQueue",
        sourceQueueArns: Array.from({ length: 11 }, (_, index) => arnOf(`s${index}`)),
      }),
    },
    {
      localCloud: "InvalidParameterValue 400",
      because: "SetQueueAttributes: up to 10 sourceQueueArns; allowAll, denyAll or byQueue",
    },
  ),
  setAttributes(
    "redrive allowed to some",
    { RedriveAllowPolicy: redrive({ redrivePermission: "some" }) },
    {
      localCloud: "InvalidParameterValue 400",
      because: "SetQueueAttributes: up to 10 sourceQueueArns; allowAll, denyAll or byQueue",
    },
  ),
  {
    name: "SQS GetQueueAttributes, an attribute that nobody knows",
    ask: async ({ sqs }) => {
      const QueueUrl = await urlOf(sqs, "set");
      const AttributeNames = ["Colour" as QueueAttributeName];
      await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    },
  },
  {
    name: "SQS GetQueueUrl, of one that isn't there",
    ask: ({ sqs }) => sqs.send(new GetQueueUrlCommand({ QueueName: "nowhere" })),
  },
  ...[DeleteQueueCommand, PurgeQueueCommand].map((Command): Probe => ({
    name: `SQS ${Command.name.replace("Command", "")}, of one that isn't there`,
    ask: async ({ sqs }) => {
      const QueueUrl = (await urlOf(sqs, "set")).replace("/set", "/nowhere");
      await sqs.send(new Command({ QueueUrl }));
    },
  })),
];
