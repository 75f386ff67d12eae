import { expect } from "chai";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { setUp } from "./oneMessage";

describe("MessageProcessor, while the table of records is away", () => {
  guardAgainstLeaks();

  it("hides what it can't claim for longer with each delivery, and says that nothing can be taken", async () => {
    const hidden: string[] = [];
    for (const receiveCount of [1, 2, 3, 9, 1_000]) {
      const { processor, message, failures, seen } = setUp({ receiveCount });
      failures.plan("claim");
      const untaken = await processor.process(message);
      expect(untaken?.error).to.have.property("name", "Throttled");
      hidden.push(seen()[1]!);
    }
    expect(hidden).to.deep.equal([38, 75, 150, 375, 375].map((seconds) => `hide message ${seconds}`));
  });

  it("hides a job whose own record can't be read, and takes others", async () => {
    const { processor, message, failures, seen } = setUp();
    failures.plan("claim", new SyntaxError("Unexpected end of JSON input"));
    expect(await processor.process(message)).to.equal(undefined);
    expect(seen()[1]).to.equal("hide message 38");
  });

  it("waits hours to record a finished job, keeps its message hidden, and never runs it again", async () => {
    const { begin, end, clock, failures, seen, log, runner } = setUp();
    await begin();
    const hours = 3;
    const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    for (let time = 0; time < 5_000; time++) for (const call of ["succeed", "extend"]) failures.plan(call, throttled);
    await end({ kind: "succeeded", result: 1 });
    await clock.advance(hours * 3_600_000);
    expect(seen().filter((call) => call === "hide message 30")).to.have.length((hours * 3_600) / 10);
    expect(log.entries.length).to.be.below(150);
    failures.clear();
    await clock.advance(20_000);
    expect(seen().at(-1)).to.equal("remove message");
    expect(runner.runs).to.have.length(1);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("hides the message in time though the table leaves the heartbeat unanswered", async () => {
    const { begin, end, clock, records, seen } = setUp();
    records.extend = () => new Promise(() => undefined);
    await begin();
    await clock.advance(60_000);
    expect(seen().filter((call) => call === "hide message 30").length).to.be.at.least(5);
    await end({ kind: "succeeded", result: 1 });
    await clock.advance(10_000);
    expect(seen().at(-1)).to.equal("remove message");
    expect(clock.pendingTimers).to.equal(0);
  });

  it("gives up where SQS no longer hides the message", async () => {
    const { begin, end, clock, failures, log, isDone } = setUp();
    await begin();
    for (let time = 0; time < 20_000; time++) for (const call of ["succeed", "extend"]) failures.plan(call);
    await end({ kind: "succeeded", result: 1 });
    await clock.advance(12 * 3_600_000);
    expect(isDone()).to.equal(true);
    expect(log.events().at(-1)).to.equal("message-left-in-queue");
    expect(clock.pendingTimers).to.equal(0);
  });
});
