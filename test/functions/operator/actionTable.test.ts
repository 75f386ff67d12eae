import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { actionView, leaseMilliseconds } from "../../../functions/operator/actions/actions";
import { createActionTable } from "../../../functions/operator/services/actionTable";
import { Emulators } from "../support/emulators";

describe("the table of actions in DynamoDB", () => {
  const startedAt = "2026-11-20T10:00:00.000Z";
  const now = Date.parse(startedAt);
  const counts = { matched: 25, done: 24, skipped: 1, failed: 0 };
  let aws: Emulators;

  before(async () => {
    aws = await Emulators.start();
    const keys = ["key", "item"];
    await aws.tables.send(
      new CreateTableCommand({
        ...{ TableName: "control", BillingMode: "PAY_PER_REQUEST" },
        KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      }),
    );
    const describe = new DescribeTableCommand({ TableName: "control" });
    while ((await aws.tables.send(describe)).Table?.TableStatus !== "ACTIVE");
  });
  after(() => aws.stop());

  it("lets one run have an action at a time, and ends or stops it once", async () => {
    const actions = createActionTable(aws.tables, "control");
    const request = { id: "a", action: "retry" as const, ids: ["j1", "j2"], by: "ann", startedAt };
    expect(await actions.create(request)).to.equal(undefined);
    expect((await actions.create({ ...request, reason: "other" }))!.request).to.deep.equal(request);
    expect((await actions.take("a", "r1", now))!.request.ids).to.deep.equal(["j1", "j2"]);
    expect(await actions.take("a", "r2", now + leaseMilliseconds - 1)).to.equal(undefined);
    expect(await actions.take("none", "r2", now)).to.equal(undefined);
    const page = { ids: ["j1"], next: "1" };
    expect(await actions.report("a", "r1", { counts, page, leaseUntil: now + 1_000 })).to.equal("running");
    expect(await actions.take("a", "r2", now + 1_000)).to.deep.include({ page, counts });
    expect(await actions.report("a", "r1", { counts, leaseUntil: now })).to.equal(undefined);
    expect((await actions.stop("a", startedAt))!.state).to.equal("stopped");
    expect((await actions.stop("a", "2027"))!.finishedAt).to.equal(startedAt);
    expect(await actions.report("a", "r2", { counts, leaseUntil: 0, finishedAt: "2027" })).to.equal("stopped");
    expect(await actions.take("a", "r3", now + 1e9)).to.equal(undefined);
    const stopped = (await actions.read("a"))!;
    expect(stopped).to.deep.include({ state: "stopped", counts, finishedAt: startedAt });
    expect(actionView(stopped)).not.to.have.any.keys("ids", "tenant", "page", "cursor");

    await actions.create({ id: "b", action: "cancel", dryRun: true, startedAt: "2026-11-21T10:00:00.000Z" });
    await actions.take("b", "r1", now);
    expect(await actions.report("b", "r1", { counts, leaseUntil: 0, finishedAt: startedAt })).to.equal("done");
    expect((await actions.list()).map(({ request: { id }, state }) => [id, state])).to.deep.equal([
      ["b", "done"],
      ["a", "stopped"],
    ]);
  });

  it("lists the newest actions whatever their size, and those of a tenant although others have begun more since", async () => {
    const actions = createActionTable(aws.tables, "control");
    // Some 1.9 MB: more than DynamoDB reads at once.
    const ids = Array.from({ length: 1_000 }, (_, index) => `invoice-of-november-${index}`.padEnd(80, "x"));
    for (let index = 0; index < 24; index++) {
      const startedAt = `2026-11-22T10:00:${String(index).padStart(2, "0")}.000Z`;
      await actions.create({ id: `large-${index}`, action: "retry", ids, tenant: "large", startedAt });
    }
    const small = { action: "retry", tenant: "small" } as const;
    await actions.create({ id: "small", ...small, startedAt: "2026-11-22T09:00:00.000Z" });
    const named = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
    const idsOf = async (tenant?: string) => (await actions.list(tenant)).map(({ request: { id } }) => id);
    expect((await idsOf()).slice(0, 25)).to.deep.equal([...named("large", 24).reverse(), "small"]);
    for (const id of named("many", 100)) {
      await actions.create({ id, action: "cancel", tenant: "many", startedAt: "2026-11-23T10:00:00.000Z" });
    }
    expect(await idsOf()).to.have.members(named("many", 100));
    expect(await idsOf("small")).to.deep.equal(["small"]);
    expect((await actions.list("large"))[0]!.request)
      .to.include({ id: "large-23" })
      .and.not.have.property("ids");
  });
});
