import type { Message } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { DeadLetterQueue } from "../../../client/deadLetters/deadLetterQueue";
import { limits } from "../../../contract/limits";

const body = `{"version":1,"id":"a","type":"word-count","payload":{},"submittedAt":"2026-11-02T10:00:00.000Z"}`;
const texts = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]));

/** Golden letters: as workers wrote them before errors had frames, and as they do. */
const plain = { type: "word-count", reason: "TypeError: no", attempt: "3", failedAt: "2026-11-02T10:00:05.000Z" };
const framed = { ...plain, frames: "check (jobs/a.ts:8:11)\nhandle (jobs/a.ts:2:3)" };

/** A queue of these messages, and the batches that are sent to it. */
function queueOf(messages: Message[]) {
  const sent: { MessageBody: string; MessageAttributes: object }[][] = [];
  class Command {
    constructor(readonly input: { Entries: { MessageBody: string; MessageAttributes: object }[] }) {}
  }
  class SendMessageBatchCommand extends Command {}
  const send = async (command: Command) => {
    if (command instanceof SendMessageBatchCommand) sent.push(command.input.Entries);
    return { Messages: messages };
  };
  const sqs = {
    client: { send },
    ReceiveMessageCommand: Command,
    DeleteMessageBatchCommand: Command,
    SendMessageBatchCommand,
  };
  return { queue: new DeadLetterQueue(sqs as never, "word-count", "queue", "dead"), sent };
}

describe("a dead letter", () => {
  it("is read with the frames of its error, or without", async () => {
    const { queue } = queueOf([plain, framed].map((each) => ({ Body: body, MessageAttributes: texts(each) })));
    const [older, newer] = (await queue.receive(2)).map(({ letter }) => letter);
    expect(older).to.deep.include({ id: "a", reason: "TypeError: no", attempt: 3 }).and.not.have.property("frames");
    expect(newer).to.deep.equal({ ...older, frames: ["check (jobs/a.ts:8:11)", "handle (jobs/a.ts:2:3)"] });
  });

  it("goes back with its frames, in batches that hold them at their longest", async () => {
    const most = { ...framed, reason: "\u6f22".repeat(1_000), frames: "\u6f22".repeat(1_000) };
    const Body = "x".repeat(limits.maxQueueMessageBytes / 2 - 5_500);
    const { queue, sent } = queueOf([1, 2].map(() => ({ Body, MessageAttributes: texts(most) })));
    await queue.redrive(await queue.receive(2));
    expect(sent.map((batch) => batch.map(({ MessageAttributes }) => MessageAttributes))).to.deep.equal([
      [texts(most)],
      [texts(most)],
    ]);
  });
});
