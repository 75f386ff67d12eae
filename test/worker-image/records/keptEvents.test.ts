import { type SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { type CompletionEvent } from "../../../contract/messages/completionEvent";
import { keepInQueue, publishOrKeep } from "../../../worker-image/src/records/keptEvents";
import { FakeLog } from "../helpers/doubles";

const event: CompletionEvent = {
  id: "a",
  type: "echo",
  state: "succeeded",
  attempts: 1,
  submittedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:05.000Z",
};

describe("publishOrKeep", () => {
  const refuse = (name: string) => () => Promise.reject(Object.assign(new Error("no"), { name }));

  it("keeps an event only if the topic refuses it", async () => {
    const { log, ...seen } = { log: new FakeLog(), published: [] as string[], kept: [] as string[] };
    const keep = async ({ id }: CompletionEvent) => void seen.kept.push(id);
    await publishOrKeep({ publish: async ({ id }) => void seen.published.push(id), keep, log: log.log })(event);
    await publishOrKeep({ publish: refuse("Throttled"), keep, log: log.log })(event);
    expect(seen).to.deep.equal({ published: ["a"], kept: ["a"] });
    expect(log.fieldsOf("event-kept")).to.deep.include({ jobId: "a", error: { name: "Throttled", message: "no" } });
  });

  it("fails where the event can be kept nowhere, so that the job's message stays", async () => {
    const announce = publishOrKeep({ publish: refuse("SnsAway"), keep: refuse("SqsAway"), log: () => undefined });
    const error = await announce(event).catch((reason: Error) => reason);
    expect(error).to.have.property("name", "SqsAway");
  });

  it("sends the whole event to the queue", async () => {
    const sent: object[] = [];
    const client = { send: async ({ input }: { input: object }) => void sent.push(input) };
    await keepInQueue(client as unknown as SQSClient, "https://queues/kept")(event);
    expect(sent).to.deep.equal([{ QueueUrl: "https://queues/kept", MessageBody: JSON.stringify(event) }]);
  });
});
