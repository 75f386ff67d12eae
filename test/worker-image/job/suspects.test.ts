import { expect } from "chai";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { settled } from "../helpers/fakeClock";
import { setUp } from "./oneMessage";

describe("MessageProcessor, with a job that may have brought a worker down", () => {
  guardAgainstLeaks();

  function suspectWorld({ deferrals = 1, isAlone = true } = {}) {
    const world = setUp();
    world.records.claims.push(() => ({ outcome: "suspect", deferrals }));
    const asked: boolean[] = [];
    const slot = {
      onTaken: () => undefined,
      free: () => undefined,
      beAlone: async (waits: boolean) => {
        asked.push(waits);
        return isAlone || waits;
      },
      endAlone: () => void world.calls.push("endAlone"),
    };
    return { ...world, asked, slot, process: () => world.processor.process(world.message, slot) };
  }

  it("runs it while the worker has no other job, and no other of the type runs so", async () => {
    const { process, calls, run, message } = suspectWorld();
    const done = process();
    await settled();
    run().end({ kind: "succeeded", result: 1 });
    await done;
    const own = ["holdSuspects", "claim job-1 of 3", "succeed #1", `remove ${message.id}`, "freeSuspects", "endAlone"];
    expect(calls.slice(1)).to.deep.equal(own);
  });

  it("hides it for 30 s while there are others, and waits for their end after the tenth time", async () => {
    const busy = suspectWorld({ isAlone: false, deferrals: 10 });
    await busy.process();
    expect([busy.asked, busy.calls.slice(1)]).to.deep.equal([[false], [`hide ${busy.message.id} 30`]]);
    const patient = suspectWorld({ isAlone: false, deferrals: 11 });
    const done = patient.process();
    await settled();
    patient.run().end({ kind: "succeeded", result: 1 });
    await done;
    expect(patient.asked).to.deep.equal([true]);
  });

  it("hides it while another of the type runs alone", async () => {
    const { process, calls, records, message, runner } = suspectWorld();
    records.mayRunSuspects = false;
    await process();
    expect(calls.slice(1)).to.deep.equal(["holdSuspects", `hide ${message.id} 5`, "endAlone"]);
    expect(runner.runs).to.deep.equal([]);
  });

  it("hides a message whose attempt still runs here, whatever its lease", async () => {
    const { processor, message, calls, run } = setUp();
    const done = processor.process(message);
    await settled();
    const before = calls.length;
    await processor.process({ ...message, receiptHandle: "another" });
    expect(calls.slice(before)).to.deep.equal([`hide ${message.id} 30`]);
    run().end({ kind: "succeeded", result: 1 });
    await done;
  });
});
