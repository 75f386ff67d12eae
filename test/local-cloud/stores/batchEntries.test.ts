import { CreateQueueCommand, type MessageAttributeValue, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import fc from "fast-check";
import { startTestCloud, type TestCloud } from "../support";

const value: fc.Arbitrary<MessageAttributeValue> = fc
  .record({
    DataType: fc.constantFrom("String", "Number", "Binary", "String.id", "Text", "", "string"),
    text: fc.constantFrom("x", "1", "-1.5e3", "one", "", "\x01", "😀"),
  })
  .map(({ DataType, text }) => ({
    DataType,
    ...(DataType === "Binary" ? { BinaryValue: Buffer.from(text) } : { StringValue: text }),
  }));

const message = fc.record(
  {
    MessageBody: fc.constantFrom("x", "", "\0", "😀", "a\ufffe"),
    DelaySeconds: fc.constantFrom(0, -1, 901, 1.5),
    MessageGroupId: fc.constantFrom("g", "a b", "", "g".repeat(129)),
    MessageAttributes: fc.dictionary(fc.constantFrom("a", "a b", "AWS.a", ".a", "a..b", "a.b"), value, { maxKeys: 2 }),
  },
  { requiredKeys: ["MessageBody"] },
);

describe("entries of a batch to SQS", () => {
  let test: TestCloud;
  before(async () => {
    test = await startTestCloud();
  });
  after(() => test.stop());

  it("are taken as the call alone would be, and refused with its code beside entries that are taken", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "any" }));
    await fc.assert(
      fc.asyncProperty(message, async (sent) => {
        const codeAlone = await test.sqs.send(new SendMessageCommand({ QueueUrl, ...sent })).then(
          () => undefined,
          (error: Error) => error.name,
        );
        await test.sqs.send(new PurgeQueueCommand({ QueueUrl }));
        const Entries = [
          { Id: "good", MessageBody: "good" },
          { Id: "any", ...sent },
        ];
        const { Successful = [], Failed = [] } = await test.sqs.send(
          new SendMessageBatchCommand({ QueueUrl, Entries }),
        );
        expect(Failed.map(({ Id, Code }) => `${Id} ${Code}`)).to.deep.equal(codeAlone ? [`any ${codeAlone}`] : []);
        expect(Successful).to.have.length(2 - Failed.length);
        const { Messages = [] } = await test.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        const bodies = Messages.map(({ Body }) => Body);
        expect(bodies).to.have.members(codeAlone ? ["good"] : ["good", sent.MessageBody]);
      }),
      { numRuns: 60 },
    );
  });
});
