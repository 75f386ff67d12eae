import { expect } from "chai";
import { type StartFailure } from "../../../contract/fleet/state";
import { tellStartFailure } from "../../../worker-image/src/instance/startFailure";
import { FakeLog } from "../helpers/doubles";

describe("tellStartFailure", () => {
  function setUp(metadata: () => Promise<string | undefined> = async () => "i-1") {
    const told: (StartFailure & { instanceId: string })[] = [];
    const log = new FakeLog();
    let nudges = 0;
    const effects = {
      table: {
        reportFailure: async (instanceId: string, failure: StartFailure) => void told.push({ instanceId, ...failure }),
      },
      metadata: { read: metadata },
      nudge: async () => void nudges++,
      now: () => 1_000,
      log: log.log,
    };
    return { effects, told, log, nudges: () => nudges };
  }

  it("writes the reason, cut, to the instance's item, and nudges the scaler then", async () => {
    const { effects, told, nudges } = setUp();
    await tellStartFailure("x".repeat(600), effects);
    expect(told).to.deep.equal([{ instanceId: "i-1", startError: "x".repeat(500), startErrorAt: 1_000 }]);
    expect(nudges()).to.equal(1);
    await tellStartFailure("", effects);
    expect(told[1]!.startError).to.equal("It gave no reason");
  });

  it("says nothing where there is no instance, and never rejects", async () => {
    const none = setUp(async () => undefined);
    await tellStartFailure("no", none.effects);
    expect([none.told, none.nudges()]).to.deep.equal([[], 0]);
    const away = setUp(() => Promise.reject(new Error("no metadata")));
    await tellStartFailure("no", away.effects);
    expect(away.log.fieldsOf("start-failure-not-reported")).to.deep.include({}).and.have.property("error");
  });
});
