import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { DynamoCheckpoints } from "../../../worker-image/src/records/checkpoints";
import { type Hold } from "../../../worker-image/src/records/records";
import { startDynamo } from "../helpers/aws";
import { FakeClock } from "../helpers/fakeClock";

describe("DynamoCheckpoints", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let checkpoints: DynamoCheckpoints;
  const clock = new FakeClock();
  const start = clock.now();
  let jobs = 0;
  const holdOf = (claim: number, jobId = `job-${jobs}`): Hold => ({ jobId, worker: "w", attempt: 1, claim });

  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("payloads", "type", "item");
    checkpoints = new DynamoCheckpoints(dynamo.client, "payloads", "echo", clock);
  });
  after(() => dynamo.close());
  beforeEach(() => jobs++);

  async function stored() {
    const Key = { type: { S: "echo" }, item: { S: `job-${jobs}#checkpoint` } };
    return (await dynamo.client.send(new GetItemCommand({ TableName: "payloads", Key }))).Item;
  }

  it("keeps the last one for the next claim, beyond the time in which the job may be retried", async () => {
    await checkpoints.write(holdOf(1), '{"part":1}');
    await checkpoints.write(holdOf(1), '{"part":2}');
    expect(await checkpoints.take(holdOf(2))).to.deep.equal({ value: { part: 2 } });
    expect(await stored()).to.deep.equal({
      type: { S: "echo" },
      item: { S: `job-${jobs}#checkpoint` },
      json: { S: '{"part":2}' },
      claim: { N: "2" },
      expiresAt: { N: String(start / 1_000 + 29 * 86_400) },
    });
  });

  it("has none to give where none was written, and where it can't be read", async () => {
    expect(await checkpoints.take(holdOf(1))).to.deep.equal({ value: undefined });
    await checkpoints.write(holdOf(1), "{");
    expect(await checkpoints.take(holdOf(2))).to.deep.equal({ value: undefined });
  });

  it("lets no earlier claim write or take once a later one has taken it, even before the first was written", async () => {
    await checkpoints.take(holdOf(2));
    expect(await checkpoints.write(holdOf(1), "1")).to.equal("lost");
    expect(await checkpoints.write(holdOf(2), "2")).to.equal("held");
    const before = await stored();
    expect(await checkpoints.write(holdOf(1), "1")).to.equal("lost");
    expect(await checkpoints.take(holdOf(1))).to.equal("lost");
    expect(await stored()).to.deep.equal(before);
  });

  it("fails with whatever else is wrong", async () => {
    const elsewhere = new DynamoCheckpoints(dynamo.client, "nowhere", "echo", clock);
    const failed = await elsewhere.write(holdOf(1), "1").catch((error: Error) => error.name);
    expect(failed).to.equal("ResourceNotFoundException");
  });
});
