import { expect } from "chai";
import { type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { failed, setUp } from "./oneMessage";

describe("MessageProcessor, with a message that was deleted while the job ran", () => {
  guardAgainstLeaks();

  const gone = () => Object.assign(new Error("no such message"), { name: "ReceiptHandleIsInvalid" });
  const run = async (end: RunOutcome, beats = 0) => {
    const world = setUp();
    await world.begin();
    world.failures.plan("hide", gone());
    if (beats > 0) await world.clock.advance(beats * 10_000);
    await world.end(end);
    return world;
  };

  it("fails the job with both reasons instead of leaving it queued without a message", async () => {
    for (const beats of [0, 1, 2]) {
      const { queue, seen, log } = await run(failed, beats);
      expect(seen().filter((call) => call.startsWith("retry"))).to.deep.equal([]);
      expect(seen().slice(-4)).to.deep.equal(["extend #1", "deadLetter", "fail (no) #1", "remove message"]);
      expect(queue.letters[0]!.reason).to.match(
        /^Attempt 1 of 3 failed: TypeError: no; its message was deleted from the queue/,
      );
      expect(log.events()).to.include("message-gone");
    }
  });

  it("does the same with one that is given back", async () => {
    const { queue, seen } = await run({ kind: "given-back", reason: "licence in use" });
    expect(seen().some((call) => call.startsWith("giveBack"))).to.equal(false);
    expect(queue.letters[0]!.reason).to.match(/^MessageDeleted: .*its message was deleted from the queue/);
  });

  it("lets one that succeeds succeed", async () => {
    const { seen } = await run({ kind: "succeeded", result: 1 }, 1);
    expect(seen().slice(-2)).to.deep.equal(["succeed #1", "remove message"]);
  });

  it("takes no message for deleted that became visible again while the worker was frozen with SQS's answer unread", async () => {
    for (let asked = 0; asked <= 40_000; asked += 4_000) {
      for (const ran of [0, 5_000, 9_000]) {
        const { begin, end, failures, seen, message, clock } = setUp();
        message.askedAt -= asked;
        await begin();
        await clock.advance(ran);
        failures.plan("hide", gone());
        await end(failed);
        // Of the 30 s for which SQS was asked to hide it, nine tenths are certain.
        const isCertain = asked + ran < 27_000;
        expect(seen().includes("deadLetter"), `asked ${asked} ms ago, ran ${ran} ms`).to.equal(isCertain);
        expect(seen().includes("retry (no) #1"), `asked ${asked} ms ago, ran ${ran} ms`).to.equal(!isCertain);
      }
    }
  });

  it("knows a deleted message by the hiding that SQS confirmed since, wherever its answer took long", async () => {
    const { begin, end, failures, seen, message, clock } = setUp();
    message.askedAt -= 40_000;
    await begin();
    await clock.advance(10_000);
    failures.plan("hide", gone());
    await end(failed);
    expect(seen()).to.include("deadLetter");
  });

  it("takes no message for deleted that may only have become visible again", async () => {
    const { begin, end, failures, clock, seen } = setUp();
    await begin();
    for (let beat = 0; beat < 3; beat++) failures.plan("hide");
    await clock.advance(30_000);
    failures.plan("hide", gone());
    await end(failed);
    expect(
      seen()
        .filter((call) => !call.startsWith("hide"))
        .at(-1),
    ).to.equal("retry (no) #1");
  });
});
