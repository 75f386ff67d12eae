import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Action, JobClient } from "../../../client/index";
import { jsonOf, runCli } from "../../cli/support";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Jobs fail for good until the file is there. */
const healable = `
  if (require("node:fs").existsSync(job.payload.healed)) return "well";
  throw Object.assign(new Error("row " + job.payload.row + " is bad"), { permanent: true });`;

describe("actions on many jobs", () => {
  const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  const healed = join(folder, "healed");
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;

  before(async () => {
    handlers = createHandlers({ sick: healable });
    const types = [{ name: "sick", handler: "sick", minInstances: 1 }];
    journey = await startJourney(types, handlers, {}, { scheduleSeconds: 2 });
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ended(action: Action): Promise<Action> {
    let shown = action;
    await until(async () => !["running", "counting"].includes((shown = await client.action(action.id)).state));
    return shown;
  }

  it("retry the failed jobs of a tenant and of a kind of error, counted before, and no others", async () => {
    const tenants = ["acme", "other"];
    const jobs = Array.from({ length: 60 }, (_, row) => ({
      ...{
        type: "sick",
        payload: { row, healed },
        tenant: tenants[row % 2]!,
        labels: { part: row < 30 ? "one" : "two" },
      },
    }));
    const ids = (await client.submitMany(jobs)).map(({ id }) => id);
    for (const id of ids) expect((await client.wait(id)).state).to.equal("failed");
    const [group] = await client.failures({ type: "sick" });
    expect(group).to.include({ type: "sick", errorKey: "Error: row # is bad", count: 60 });
    const filter = { type: "sick", tenant: "acme", label: "part:one", errorKey: group!.errorKey };
    const counted = await ended(await client.act("retry", { filter, dryRun: true }));
    expect(counted).to.deep.include({ state: "done", filter: { ...filter, state: "failed" } });
    expect(counted.counts).to.deep.equal({ matched: 15, done: 0, skipped: 0, failed: 0 });
    writeFileSync(healed, "");
    expect(existsSync(healed)).to.equal(true);
    const retried = await ended(await client.act("retry", { filter, reason: "mended" }));
    expect(retried.counts).to.deep.equal({ matched: 15, done: 15, skipped: 0, failed: 0 });
    for (const [row, id] of ids.entries()) {
      const isChosen = row < 30 && row % 2 === 0;
      const state = isChosen ? (await client.wait(id)).state : (await client.get(id)).state;
      expect(state, id).to.equal(isChosen ? "succeeded" : "failed");
    }
    expect((await client.actions()).map(({ id }) => id)).to.include.members([counted.id, retried.id]);
    const others = ["--type", "sick", "--tenant", "other", "--error", group!.errorKey];
    const byCommand = await runCli(["retry", ...others, "--yes", "--json", "--url", journey.url]);
    expect(jsonOf(byCommand)).to.deep.include({ counts: { matched: 30, done: 30, skipped: 0, failed: 0 } });
    // What would restart it is gone.
    await until(() => journey.cloud.scheduler.list().every(({ Name }) => !Name.startsWith("action-")));
  });

  it("cancel what waits, at a rate, and stop when asked to", async () => {
    const jobs = Array.from({ length: 40 }, (_, row) => ({
      type: "sick",
      payload: { row, healed },
      delaySeconds: 800,
    }));
    const ids = (await client.submitMany(jobs)).map(({ id }) => id);
    const isCancelled = async () => {
      const page = await client.list({ type: "sick", state: "cancelled", limit: 100 });
      return page.jobs.length;
    };
    const action = await client.act("cancel", { filter: { type: "sick" }, ratePerSecond: 2 });
    await until(async () => (await isCancelled()) > 0);
    const stopped = await client.stopAction(action.id);
    expect(stopped.state).to.equal("stopped");
    const left = 40 - (await isCancelled());
    expect(left).to.be.above(0);
    const rest = await ended(await client.act("cancel", { ids }));
    expect(rest.counts).to.include({ matched: 40, failed: 0 });
    expect(await isCancelled()).to.equal(40);
  });

  it("are restarted by their schedules, once a run was lost, and act on each job once", async () => {
    const jobs = Array.from({ length: 30 }, (_, row) => ({
      ...{ type: "sick", payload: { row, healed }, delaySeconds: 800 },
    }));
    const ids = (await client.submitMany(jobs)).map(({ id }) => id);
    const { cloud } = journey;
    const operator = cloud.lambdas.list().find(({ spec }) => spec.name.includes("operator"))!;
    // Lambda's own retries come too early: no other run may have the action for a minute.
    operator.eventConfigs.set("", { maximumRetryAttempts: 0 });
    const action = await client.act("cancel", { ids, ratePerSecond: 5 });
    await until(async () => (await client.action(action.id)).counts.done === 25);
    for (const pid of operator.pids) process.kill(pid, "SIGKILL");
    // As if the minute were over.
    await cloud.calls.dynamodb("UpdateItem", {
      TableName: operator.spec.environment.CONTROL_TABLE,
      Key: { key: { S: "action" }, item: { S: action.id } },
      UpdateExpression: "SET leaseUntil = :past",
      ExpressionAttributeValues: { ":past": { N: "0" } },
    });
    expect((await ended(action)).counts).to.deep.equal({ matched: 30, done: 30, skipped: 0, failed: 0 });
    for (const id of ids) expect((await client.get(id)).state, id).to.equal("cancelled");
    await until(() => cloud.scheduler.list().every(({ Name }) => !Name.startsWith("action-")));
  });
});
