import { channel } from "node:diagnostics_channel";
import { expect } from "chai";
import { JobClient } from "../../client/index";
import { until } from "../local-cloud/support";
import { type ReceivedSpan, receiveSpans, type SpanReceiver } from "./support/spanReceiver";
import { createHandlers, type Handlers, type Journey, startJourney } from "./support/stack";

const header = "arn:aws:secretsmanager:us-east-1:123456789012:secret:otel-Ab12Cd";
const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;

describe("traces", () => {
  let receiver: SpanReceiver;
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  const spansOf = (id: string) => receiver.spans.filter(({ attributes }) => attributes["job.id"] === id);
  const namesOf = (id: string) =>
    spansOf(id)
      .sort((one, other) => one.startMs - other.startMs || one.endMs - other.endMs)
      .map(({ name, attributes }) => [name.split(" ")[0], attributes["job.outcome"]].filter(Boolean).join(" "));
  const exported = (id: string, count: number) =>
    until(
      () => spansOf(id).length === count,
      () => `${count} spans of ${id}, got ${namesOf(id).join(", ")}`,
    );
  const submitSpan = (id: string) => spansOf(id).find(({ name }) => name.startsWith("submit"))!;
  const attemptsOf = (id: string) => spansOf(id).filter(({ name }) => name.startsWith("attempt"));

  /** All of one trace: each span's parent is another of them, up to one root. */
  function expectTree(spans: ReceivedSpan[], traceId: string, rootParent?: string): void {
    const ids = spans.map(({ spanId }) => spanId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(new Set(spans.map((span) => span.traceId))).to.deep.equal(new Set([traceId]));
    const roots = spans.filter(({ parentSpanId }) => !ids.includes(parentSpanId!));
    expect(roots.map(({ parentSpanId }) => parentSpanId)).to.deep.equal([rootParent]);
    for (const { startMs, endMs } of spans) expect(startMs).to.be.at.most(endMs);
  }

  before(async () => {
    receiver = await receiveSpans();
    handlers = createHandlers({
      // Fails while it isn't released, and says what trace it is in.
      flaky: `note("trace " + job.id + " " + context.traceparent);
        if (existsSync(job.payload)) return "well"; throw new Error("not yet");`,
    });
    const command = ["sh", "-c", 'printf "{\\"traceparent\\": \\"%s\\"}" "$TRACEPARENT"'];
    journey = await startJourney(
      [
        { name: "flaky", handler: "flaky", maxAttempts: 2, backoffSeconds: 0 },
        { name: "shell", command },
      ],
      handlers,
      { traces: { endpoint: receiver.endpoint, headers: { "api-key": header } } },
      { secrets: { "api-key": "key-of-the-receiver" } },
    );
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    await receiver?.close();
  });

  it("are one tree from the caller's span to handler and command, over attempts, a retry and a replay", async () => {
    const { body } = await journey.call(
      "POST",
      "/jobs",
      { type: "flaky", payload: handlers.workerMain + ".no" },
      { traceparent },
    );
    const id = String(body.id);
    await journey.reaches(id, "failed");
    await client.retry(id);
    await exported(id, 9);
    expect(namesOf(id)).to.deep.equal(["submit", ...Array<string[]>(4).fill(["wait", "attempt failed"]).flat()]);
    const replay = await client.replay(id, { payload: handlers.workerMain });
    await journey.reaches(replay.id, "succeeded");
    await exported(replay.id, 3);
    expect(namesOf(replay.id)).to.deep.equal(["submit", "wait", "attempt succeeded"]);
    expect(submitSpan(replay.id).parentSpanId).to.equal(caller.spanId);
    expect(submitSpan(replay.id).attributes["job.replay_of"]).to.equal(id);
    const [first] = attemptsOf(id);
    expect(first!.error).to.equal("Error: not yet");
    expect(first).to.include({ name: "attempt flaky", service: "flaky" });
    const given = handlers.ledger().filter((line) => line.includes(id));
    const attempts = attemptsOf(id).map(({ spanId }) => `trace ${id} 00-${caller.traceId}-${spanId}-01`);
    expect(given.sort()).to.deep.equal(attempts.sort());
    const first9 = spansOf(id);
    expectTree(first9, caller.traceId, caller.spanId);
    expectTree(spansOf(replay.id), caller.traceId, caller.spanId);
    expect(receiver.headers.every((sent) => sent["api-key"] === "key-of-the-receiver")).to.equal(true);
  });

  it("begin with a job whose caller gives none, or an invalid one, and go on in a replay of its replay", async () => {
    const { body } = await journey.call("POST", "/jobs", { type: "shell", payload: 1 }, { traceparent: "00-0-1-01" });
    const id = String(body.id);
    const { result } = await journey.reaches(id, "succeeded");
    const replay = await client.replay(id);
    const again = await client.replay(await client.wait(replay.id));
    await journey.reaches(again.id, "succeeded");
    await Promise.all([id, replay.id, again.id].map((each) => exported(each, 3)));
    const [attempt] = attemptsOf(id);
    expect(result).to.deep.equal({ traceparent: `00-${attempt!.traceId}-${attempt!.spanId}-01` });
    expectTree([id, replay.id, again.id].flatMap(spansOf), attempt!.traceId);
  });

  it("take in what OpenTelemetry's instrumentation of fetch adds to the client's requests, in batches too", async () => {
    // As @opentelemetry/instrumentation-undici does it.
    const instrument = (message: unknown) =>
      (message as { request: { addHeader(name: string, value: string): void } }).request.addHeader(
        "traceparent",
        traceparent,
      );
    channel("undici:request:create").subscribe(instrument);
    const outcomes = await client
      .submitMany([1, 2].map((payload) => ({ type: "shell", payload })))
      .finally(() => channel("undici:request:create").unsubscribe(instrument));
    for (const outcome of outcomes) {
      const { id } = outcome as { id: string };
      await exported(id, 3);
      expectTree(spansOf(id), caller.traceId, caller.spanId);
    }
  });

  it("aren't exported for a caller that doesn't sample its trace", async () => {
    const unsampled = traceparent.replace(/01$/, "00");
    const { body } = await journey.call("POST", "/jobs", { type: "shell", payload: 1 }, { traceparent: unsampled });
    const { result } = await journey.reaches(String(body.id), "succeeded");
    expect((result as { traceparent: string }).traceparent).to.match(new RegExp(`^00-${caller.traceId}-.*-00$`));
    const later = await journey.submit("shell", 1);
    await exported(later, 3);
    expect(spansOf(String(body.id))).to.deep.equal([]);
  });
});
