import { expect } from "chai";
import { lines, stackConfig, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

describe("alarms by the engine", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine?.stop());

  const up = async (settings: object) => {
    await engine.configure("dev", stackConfig([wordCount], settings));
    return lines((await engine.succeed("dev", "up")).steps);
  };
  const alarms = { email: "ops@example.com" };

  it("come with the input, change in place, and go with it", async () => {
    await up({ alarms, dashboard: true });
    expect(engine.cloud.alarms.list()).to.have.length(8);
    expect(await up({ alarms, dashboard: true })).to.deep.equal([]);
    const changed = await up({ alarms: { ...alarms, stalledSeconds: 900 }, dashboard: true });
    expect(changed).to.deep.equal(["update jobs-alarms-stalled (alarmDescription, threshold)"]);
    expect(engine.cloud.alarms.list().find(({ name }) => name.includes("stalled"))!.description).to.include("900 s");
    await up({});
    expect(engine.cloud.alarms.list()).to.deep.equal([]);
  });
});
