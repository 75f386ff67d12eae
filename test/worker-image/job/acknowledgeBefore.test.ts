import { expect } from "chai";
import { MessageProcessor } from "../../../worker-image/src/job/messageProcessor";
import { type Claim } from "../../../worker-image/src/records/records";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { started } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";
import { failed, setUp } from "./oneMessage";

describe("MessageProcessor, where jobs are acknowledged before they run", () => {
  guardAgainstLeaks();

  const before = (claim?: Claim | number) => {
    const world = setUp({}, claim);
    const settings = { ...world.effects.settings, acknowledge: "before" as const };
    const processor = new MessageProcessor({ ...world.effects, settings });
    return { ...world, processor, begin: () => (void processor.process(world.message), settled()) };
  };

  it("removes the message, then runs the job, and beats for the record alone", async () => {
    const { begin, end, seen, clock, runner } = before();
    await begin();
    expect(seen()).to.deep.equal(["claim job-1 of 3", "remove message"]);
    expect(runner.runs).to.have.length(1);
    await clock.advance(10_000);
    await end({ kind: "succeeded", result: 1 });
    expect(seen().slice(2)).to.deep.equal(["extend #1", "succeed #1"]);
  });

  it("dead-letters and records a failure, and retries nothing", async () => {
    const { begin, end, seen, queue } = before();
    await begin();
    await end(failed);
    expect(seen().slice(2)).to.deep.equal(["extend #1", "deadLetter", "fail (no) #1"]);
    expect(queue.letters[0]!.reason).to.equal("TypeError: no");
  });

  it("doesn't run a job whose message can't be removed", async () => {
    const { begin, seen, clock, failures, runner, log } = before();
    for (let time = 0; time < 10; time++) failures.plan("remove");
    await begin();
    await clock.advance(200_000);
    expect(runner.runs).to.deep.equal([]);
    expect(log.events().at(-1)).to.equal("message-left-in-queue");
    expect(seen().some((call) => call.startsWith("succeed"))).to.equal(false);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("dead-letters what a drain cuts off, since no message brings it back", async () => {
    const { begin, processor, seen, queue } = before();
    await begin();
    processor.stopAll("SIGTERM");
    await settled();
    expect(seen().slice(-2)).to.deep.equal([
      "deadLetter",
      "fail (The worker had to end while the job ran, and the job was acknowledged before it ran) #1",
    ]);
    expect(queue.letters[0]!.reason).to.include("WorkerStopped");
  });

  it("dead-letters, likewise, what the handler gives back", async () => {
    const { begin, runner, queue } = before();
    await begin();
    runner.runs[0]!.end({ kind: "given-back", reason: "no licence" });
    await settled();
    expect(queue.letters[0]!.reason).to.match(/^GivenBack: no licence \(the job was acknowledged/);
  });

  it("gives back, in a drain, what isn't removed yet", async () => {
    const { begin, processor, seen, records } = before();
    records.claims.push((request) => {
      processor.beginDrain();
      return started(1)(request);
    });
    await begin();
    expect(seen().slice(1)).to.deep.equal(["hide message 30", "giveBack #1", "hide message 0"]);
  });
});
