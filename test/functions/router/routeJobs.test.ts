import { expect } from "chai";
import { limits } from "../../../contract/limits";
import { encodeEnvelope, type JobEnvelope } from "../../../contract/messages/envelope";
import { messageBytes } from "../../../functions/shared/messages/batches";
import { checksum, wordCount } from "../support/fakeFrontend";
import { FakeRouter, unroutableQueueUrl } from "../support/fakeRouter";

function envelope(id: string, fields: Partial<JobEnvelope> = {}): JobEnvelope {
  return { version: 1, id, type: "word-count", payload: id, submittedAt: "2026-11-02T10:00:00.000Z", ...fields };
}

describe("routeJobs", () => {
  let router: FakeRouter;
  beforeEach(() => {
    router = new FakeRouter();
  });

  it("puts a job in its type's queue, unchanged, with its type", async () => {
    const text = encodeEnvelope(envelope("a"));
    expect(await router.route(text)).to.equal(undefined);
    expect(router.sent).to.deep.equal([
      {
        queueUrl: wordCount.queueUrl,
        id: "a",
        type: "word-count",
        body: text,
        attributes: { type: { DataType: "String", StringValue: "word-count" } },
        groupId: undefined,
        delaySeconds: undefined,
      },
    ]);
  });

  it("has SQS hold a job back until its time", async () => {
    const times: [string, number | undefined][] = [
      ["2026-11-02T09:00:00.000Z", undefined],
      ["2026-11-02T10:00:00.000Z", undefined],
      ["2026-11-02T10:00:00.001Z", 1],
      ["2026-11-02T10:10:00.000Z", 600],
      // The clock of who submitted it may be ahead.
      ["2026-11-02T10:15:59.000Z", 900],
    ];
    await router.route(
      JSON.stringify(times.map(([notBefore]) => envelope(notBefore.slice(11, 23).replace(/:/g, "."), { notBefore }))),
    );
    expect(router.sent.map(({ delaySeconds }) => delaySeconds)).to.deep.equal(times.map(([, seconds]) => seconds));
    expect(router.sent.every(({ queueUrl }) => queueUrl === wordCount.queueUrl)).to.equal(true);
  });

  it("keeps a job of a time that no queue can wait for with the reason, rather than to run it early", async () => {
    await router.route(encodeEnvelope(envelope("a", { notBefore: "2026-11-02T10:17:00.000Z" })));
    expect(router.sent[0]).to.include({ queueUrl: unroutableQueueUrl, id: "a" });
    expect(router.sent[0]!.attributes.reason!.StringValue).to.include("15 minutes ahead");
  });

  it("writes one line for the jobs of each type that are in their queues, of the time before they were sent", async () => {
    await router.route(
      JSON.stringify([
        envelope("a"),
        envelope("b", { type: "checksum" }),
        envelope("c"),
        envelope("d", { type: "no" }),
      ]),
    );
    const time = "2026-11-02T10:00:00.000Z";
    expect(router.lines.filter(({ event }) => event === "job-routed")).to.deep.equal([
      { level: "info", event: "job-routed", fields: { time, jobIds: ["a", "c"], jobType: "word-count" } },
      { level: "info", event: "job-routed", fields: { time, jobId: "b", jobType: "checksum" } },
    ]);
  });

  it("keeps the jobs in the table if SQS takes none, and fails only if it can't", async () => {
    const kept: object[] = [];
    const sendBatch = () => Promise.reject(new Error("SQS is away"));
    const text = JSON.stringify([envelope("a"), envelope("b")]);
    const keeping = new FakeRouter({ sendBatch, keepUnsent: async (event) => void kept.push(event) });
    expect(await keeping.route(text)).to.equal(undefined);
    expect(kept).to.deep.equal([{ queue: wordCount.queueUrl, message: text }]);
    const failing = new FakeRouter({ sendBatch, keepUnsent: () => Promise.reject(new Error("so is DynamoDB")) });
    expect(await failing.route(text))
      .to.have.property("message")
      .that.equals("2 of 2 jobs could not be routed");
    expect(failing.lines.map(({ event, fields }) => [event, fields.jobId ?? fields.jobIds])).to.deep.equal([
      ["jobs-not-kept", ["a", "b"]],
      ["job-not-routed", "a"],
      ["job-not-routed", "b"],
    ]);
  });

  it("keeps only the jobs that are not sent, apart for each queue", async () => {
    const kept: { queue: string; message: string }[] = [];
    const away = [checksum.queueUrl, unroutableQueueUrl];
    const sent: string[] = [];
    const partial = new FakeRouter({
      sendBatch: (queueUrl, messages) => {
        if (away.includes(queueUrl)) return Promise.reject(new Error("There is no such queue"));
        sent.push(...messages.map(({ id }) => id!));
        return Promise.resolve(messages.map(() => undefined));
      },
      keepUnsent: async (event) => void kept.push(event),
    });
    const [a, b, c] = ["a", "b", "c"].map((id) => envelope(id, { type: id === "a" ? "word-count" : "checksum" }));
    expect(await partial.route(JSON.stringify([a!, b!, c!]), "no JSON", "[")).to.equal(undefined);
    expect(sent).to.deep.equal(["a"]);
    expect(kept).to.deep.equal([
      { queue: checksum.queueUrl, message: JSON.stringify([b!, c!]) },
      { queue: unroutableQueueUrl, message: "no JSON" },
      { queue: unroutableQueueUrl, message: "[" },
    ]);
  });

  it("groups messages by tenant", async () => {
    await router.route(encodeEnvelope(envelope("a", { tenant: "acme" })));
    expect(router.sent[0]!.groupId).to.equal("acme");
  });

  it("keeps fields of a later version", async () => {
    const text = '{"version":1,"id":"a","type":"word-count","payload":1,"submittedAt":"2026-11-02","traceparent":"x"}';
    await router.route(text);
    expect(router.bodies(wordCount.queueUrl)).to.deep.equal([text]);
  });

  it("routes each job of a message, and each message of an event, by its own type", async () => {
    const mixed = JSON.stringify([envelope("a"), envelope("b", { type: "checksum" }), envelope("c")]);
    await router.route(mixed, encodeEnvelope(envelope("d", { type: "checksum" })));
    expect(router.sent.map(({ queueUrl, id }) => [queueUrl, id])).to.have.deep.members([
      [wordCount.queueUrl, "a"],
      [wordCount.queueUrl, "c"],
      [checksum.queueUrl, "b"],
      [checksum.queueUrl, "d"],
    ]);
    expect(router.batches).to.have.length(2);
  });

  it("sends in batches of at most ten entries and 256 KiB", async () => {
    const jobs = Array.from({ length: 25 }, (_, index) => envelope(`j${index}`));
    const large = Array.from({ length: 3 }, (_, index) => envelope(`l${index}`, { payload: "a".repeat(200_000) }));
    await router.route(JSON.stringify(jobs), ...large.map(encodeEnvelope));
    expect(router.sent).to.have.length(28);
    for (const { messages } of router.batches) {
      expect(messages.length).to.be.at.most(limits.maxBatchEntries);
      expect(messages.reduce((sum, message) => sum + messageBytes(message), 0)).to.be.at.most(limits.maxBatchBytes);
    }
    expect(router.batches).to.have.length(5);
  });

  describe("to the unroutable queue", () => {
    async function expectUnroutable(message: string, reason: RegExp, body = message, type?: string): Promise<void> {
      router = new FakeRouter();
      expect(await router.route(message)).to.equal(undefined);
      const [sent] = router.sent;
      expect([router.sent.length, sent!.queueUrl]).to.deep.equal([1, unroutableQueueUrl]);
      expect(sent!.body).to.equal(body);
      expect(sent!.attributes.reason!.StringValue).to.match(reason);
      expect(sent!.attributes.failedAt!.StringValue).to.equal("2026-11-02T10:00:00.000Z");
      expect(sent!.attributes.type?.StringValue).to.equal(type);
    }

    it("sends a job of unknown type", async () => {
      const text = encodeEnvelope(envelope("a", { type: "transcode" }));
      await expectUnroutable(text, /^No processor takes jobs of type transcode$/, text, "transcode");
    });

    it("sends what is malformed, as it came", async () => {
      await expectUnroutable("not JSON", /Expected JSON/);
      await expectUnroutable("null", /got null/);
      await expectUnroutable("[]", /at least one job/);
      await expectUnroutable('{ "version": 2, "type": "word-count" }', /^\/version: /, undefined, "word-count");
      await expectUnroutable('{"version":1,"type":""}', /^\/id: .*; \/type: .*\/payload/);
    });

    it("sends text that SQS would refuse in a form that it takes", async () => {
      await expectUnroutable("", /Expected JSON/, '""');
      await expectUnroutable("a\u0000\uffff\ud800", /Expected JSON/, "a\ufffd\ufffd\ufffd");
    });

    it("sends the bad job of a message alone", async () => {
      const good = envelope("a");
      const bad = { ...envelope("b"), payload: undefined };
      await router.route(JSON.stringify([good, bad, "text"]));
      expect(router.bodies(wordCount.queueUrl)).to.deep.equal([encodeEnvelope(good)]);
      expect(router.bodies(unroutableQueueUrl)).to.deep.equal([JSON.stringify(bad), '"text"']);
    });

    it("sends an envelope nested too deep to be written again, as it came", async () => {
      const deep = "[".repeat(100_000) + "]".repeat(100_000);
      const text = `{"version":1,"id":"a","type":"word-count","payload":1,"submittedAt":"2026-11-02","x":${deep}}`;
      await expectUnroutable(text, /nested too deep/, text, "word-count");
      router = new FakeRouter();
      await router.route(`[${deep},${encodeEnvelope(envelope("b"))}]`);
      expect(router.bodies(unroutableQueueUrl)).to.have.length(1);
      expect(router.bodies(wordCount.queueUrl)).to.have.length(1);
    });

    it("sends an envelope that its queue would find too large", async () => {
      const text = JSON.stringify({ ...envelope("a"), padding: "a".repeat(261_900) });
      await expectUnroutable(text, /at most 261888 bytes/, text, "word-count");
    });

    it("logs id, type and reason, but nothing that may be payload", async () => {
      await router.route('"correct horse"', encodeEnvelope(envelope("b", { type: "transcode" })));
      expect(router.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields)).to.deep.equal([
        { reason: "malformed: the whole" },
        { jobId: "b", jobType: "transcode", reason: "No processor takes jobs of type transcode" },
      ]);
      expect(JSON.stringify(router.lines)).to.not.contain("horse");
    });
  });

  describe("when AWS refuses", () => {
    it("tries the entries that failed again, and those alone", async () => {
      const seen: (string | undefined)[][] = [];
      const flaky: FakeRouter = new FakeRouter({
        sendBatch: (_queueUrl, messages) => {
          seen.push(messages.map(({ id }) => id));
          return Promise.resolve(
            messages.map(({ id }) => (id === "b" && seen.length < 3 ? new Error("busy") : undefined)),
          );
        },
      });
      expect(await flaky.route(JSON.stringify([envelope("a"), envelope("b"), envelope("c")]))).to.equal(undefined);
      expect(seen).to.deep.equal([["a", "b", "c"], ["b"], ["b"]]);
      expect(flaky.pauses).to.deep.equal([100, 200]);
    });

    it("throws what fails three times, with the cause, and still sends the others", async () => {
      const busy = new Error("busy");
      const partly: FakeRouter = new FakeRouter({
        sendBatch: (queueUrl, messages) =>
          queueUrl === checksum.queueUrl ? Promise.reject(busy) : Promise.resolve(partly.accept(queueUrl, messages)),
      });
      const error = await partly.route(JSON.stringify([envelope("a"), envelope("b", { type: "checksum" })]));
      expect(error!.message).to.equal("1 of 2 jobs could not be routed");
      expect(error!.cause).to.equal(busy);
      expect(partly.sent.map(({ id }) => id)).to.deep.equal(["a"]);
      expect(partly.lines.filter(({ level }) => level === "error").map(({ fields }) => fields)).to.deep.equal([
        { jobId: "b", jobType: "checksum", error: { name: "Error", message: "busy" } },
      ]);
    });

    it("throws if the types can't be read: such a job is not of unknown type", async () => {
      const blind = new FakeRouter({ jobTypes: { find: () => Promise.reject(new Error("down")) } });
      const error = await blind.route(encodeEnvelope(envelope("a")));
      expect(error!.message).to.equal("1 of 1 jobs could not be routed");
      expect(blind.lines[0]).to.deep.include({ event: "job-not-routed" });
      expect(blind.lines[0]!.fields).to.include({ jobId: "a", jobType: "word-count" });
      expect(blind.sent).to.deep.equal([]);
    });

    it("throws where the unroutable queue takes nothing", async () => {
      const closed = new FakeRouter({ sendBatch: () => Promise.reject(new Error("down")) });
      expect((await closed.route("not JSON"))!.message).to.equal("1 of 1 jobs could not be routed");
    });
  });
});
