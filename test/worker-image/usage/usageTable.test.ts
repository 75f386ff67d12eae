import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { DynamoUsageTable } from "../../../worker-image/src/usage/usageTable";
import { startDynamo } from "../helpers/aws";

describe("DynamoUsageTable", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("fleets", "type", "item");
  });
  after(() => dynamo.close());

  async function item(name: string) {
    const Key = { type: { S: "echo#usage" }, item: { S: name } };
    return (await dynamo.client.send(new GetItemCommand({ TableName: "fleets", Key }))).Item;
  }

  it("adds to an item, which it makes if need be, and which expires after 400 days", async () => {
    const table = new DynamoUsageTable(dynamo.client, "fleets", "echo");
    const place = { dimension: "tenant", day: "2026-11-26", value: "a#b" } as const;
    await table.add(place, { jobs: 1, seconds: 0.000_001, dollars: 2e-9 });
    await table.add(place, { jobs: 2, seconds: 1.5, dollars: 1 });
    await table.add({ dimension: "type", day: "2026-11-26" }, { jobs: 0, seconds: 0, instanceSeconds: 60 });
    const common = { type: { S: "echo#usage" }, expiresAt: { N: String(Date.UTC(2_026, 10, 27 + 400) / 1_000) } };
    expect(await item("tenant#2026-11-26#a#b")).to.deep.equal({
      ...{ ...common, item: { S: "tenant#2026-11-26#a#b" } },
      ...{ jobs: { N: "3" }, seconds: { N: "1.500001" }, dollars: { N: "1.000000002" } },
    });
    expect(await item("type#2026-11-26#")).to.deep.equal({
      ...{ ...common, item: { S: "type#2026-11-26#" } },
      ...{ jobs: { N: "0" }, seconds: { N: "0" }, instanceSeconds: { N: "60" } },
    });
  });
});
