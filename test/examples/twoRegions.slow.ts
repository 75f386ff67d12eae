import { expect } from "chai";
import { type Failover, JobClient } from "../../client/index";
import { type RunningExample, startExample } from "./support";

describe("the example two-regions", () => {
  let example: RunningExample;
  let client: JobClient;
  const changes: Failover[] = [];
  before(async () => {
    example = await startExample("two-regions");
    const onFailover = (change: Failover) => void changes.push(change);
    client = new JobClient({ url: example.outputs.urls as string[], failoverAfterSeconds: 1, onFailover });
  });
  after(() => example?.stop());

  const report = async () => {
    const job = await client.wait(await client.submit("report", { month: "May" }));
    return [job.url, job.result];
  };

  it("has recurring schedules in the first region alone", async () => {
    const schedules = (example.outputs.urls as string[]).map((url) => new JobClient({ url }).schedules());
    expect((await Promise.all(schedules)).flat().map(({ enabled = true }) => enabled)).to.deep.equal([true, false]);
    const states = await Promise.all(
      ["us-east-1", "us-west-2"].map(async (region) => {
        const { scheduler } = await example.test.cloud.inRegion(region);
        return scheduler.list().filter(({ Name }) => Name.includes("monthly"))[0]!.State;
      }),
    );
    expect(states).to.deep.equal([undefined, "DISABLED"]);
  });

  it("runs jobs in the first region, and in the second while that is lost", async () => {
    const [first, second] = example.outputs.urls as string[];
    expect(await report()).to.deep.equal([first, "May, from us-east-1"]);
    const { outage } = await example.test.cloud.inRegion("us-east-1");
    outage.begin({ kind: "refuse" });
    expect(await report()).to.deep.equal([second, "May, from us-west-2"]);
    expect(changes).to.have.length(1);
    outage.end();
  });
});
