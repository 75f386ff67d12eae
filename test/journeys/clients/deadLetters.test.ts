import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { jsonOf, spawnCli } from "../../cli/support";
import { rejection, until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Jobs whose payload is in the file's folder succeed, the others fail for good. */
const healable = `
  note(job.id + " " + job.attempt);
  if (!require("node:fs").existsSync(job.payload.healed)) {
    throw Object.assign(new Error("not healed\\nyet"), { permanent: true });
  }`;

describe("dead letters, by client and command line", () => {
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  let folder: string;
  const cli = (...args: string[]) => spawnCli(["dead-letters", ...args, "--url", journey.url]);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "batch jobs "));
    handlers = createHandlers({ first: healable, second: healable });
    const processors = ["first", "second"].map((name) => ({ name, handler: name, minInstances: 1 }));
    journey = await startJourney(processors, handlers);
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const type of ["first", "second"]) await client.deadLetters.purge({ type });
  });

  /** Submits jobs that fail, and waits until they have. Gives their ids, and what heals them. */
  async function fail(type: string, count: number): Promise<{ ids: string[]; heal: () => void }> {
    const healed = join(folder, randomUUID());
    const outcomes = await client.submitMany(
      Array.from({ length: count }, (_, index) => ({ type, payload: { healed, index }, tenant: "acme" })),
    );
    const ids = outcomes.map(({ id }) => id);
    for (const id of ids) expect(await client.wait(id)).to.include({ state: "failed" });
    return { ids, heal: () => writeFileSync(healed, "") };
  }

  it("are listed with reason, job and payload, and stay where they are", async () => {
    const begun = Date.now();
    const { ids } = await fail("first", 25);
    await fail("second", 1);
    for (let time = 0; time < 2; time++) {
      const { deadLetters, more } = await client.deadLetters.list({ type: "first" });
      expect(deadLetters.map(({ id }) => id).sort()).to.deep.equal([...ids].sort());
      expect(more).to.equal(0);
      for (const letter of deadLetters) {
        expect(letter).to.include({ type: "first", attempt: 1, tenant: "acme" });
        expect(letter.reason).to.include("not healed");
        expect(letter.payload).to.have.property("index");
        expect(Date.parse(letter.failedAt!)).to.be.within(begun - 1_000, Date.now() + 1_000);
      }
    }
    expect((await client.deadLetters.list()).deadLetters).to.have.length(26);
    const some = await client.deadLetters.list({ limit: 3 });
    expect(some.deadLetters).to.have.length(3);
    expect(some.more).to.equal(23);
    const { code, stdout, stderr } = await cli("list", "--limit", "30");
    expect(code, stderr).to.equal(0);
    expect(stdout.trim().split("\n")).to.have.length(27);
    expect(stdout).to.match(new RegExp(`^${ids[0]} +first +1 +2.* not healed yet`, "m"));
  });

  it("are shown whole, one that is no job too", async () => {
    const { ids } = await fail("first", 12);
    const shown = jsonOf(await cli("show", ids[7]!, "--json"));
    expect(shown).to.deep.include({ id: ids[7], type: "first" });
    expect(shown.payload).to.include({ index: 7 });
    expect(shown.frames).to.have.length(1);
    expect((shown.frames as string[])[0]).to.match(/^\S+ \(.*first\.\w+:\d+:\d+\)$/);
    const text = await cli("show", ids[7]!);
    expect(text.stdout)
      .to.match(/"index": 7/)
      .and.match(/^reason +.*not healed yet/m)
      .and.match(/^thrown at +\S+ \(.*first\.\w+:\d+:\d+\)$/m);
    const QueueUrl = journey.outputs.deadLetterQueueUrls.first;
    const { MessageId } = await journey.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "no job" }));
    expect(jsonOf(await cli("show", MessageId!, "--json"))).to.include({ messageId: MessageId, body: "no job" });
    const missing = await cli("show", "nobody");
    expect(missing.code).to.equal(3);
    expect(missing.stderr).to.include("No dead letter of nobody");
  });

  it("are redriven by id, keep id and tenant, and their attempts count from zero", async () => {
    const { ids, heal } = await fail("first", 5);
    heal();
    const chosen = [ids[1]!, ids[3]!];
    const redriven = jsonOf(await cli("redrive", ...chosen, "--json"));
    expect(redriven).to.deep.equal({ redriven: 2, missing: [], hidden: 0 });
    // The records read queued from then on: whoever waits waits for the new end.
    const waited = await spawnCli(["wait", ...chosen, "--url", journey.url]);
    expect(waited.code, waited.stderr).to.equal(0);
    expect(await client.get(chosen[0]!)).to.include({ attempts: 1, retries: 1, state: "succeeded" });
    expect(handlers.ledger().filter((line) => line.startsWith(chosen[0]!))).to.deep.equal(
      Array(2).fill(`${chosen[0]} 1`),
    );
    const { deadLetters } = await client.deadLetters.list({ type: "first" });
    expect(deadLetters.map(({ id }) => id).sort()).to.deep.equal([ids[0], ids[2], ids[4]].sort());
    expect((await client.deadLetters.redrive({ ids: [ids[0]!, "nobody"] })).missing).to.deep.equal(["nobody"]);
    const { code, stderr } = await cli("redrive", "nobody");
    expect({ code, stderr }).to.deep.equal({ code: 3, stderr: stderr });
    expect(stderr).to.include("No dead letter of nobody");
  });

  it("are redriven without the API with --direct, those that are no job too", async () => {
    const { ids, heal } = await fail("first", 1);
    const QueueUrl = journey.outputs.deadLetterQueueUrls.first;
    const { MessageId } = await journey.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "no job" }));
    heal();
    expect((await cli("redrive", MessageId!)).code).to.equal(3);
    const redriven = jsonOf(await cli("redrive", ids[0]!, MessageId!, "--direct", "--json"));
    expect(redriven).to.include({ redriven: 2 });
    await journey.reaches(ids[0]!, "succeeded");
    expect(await client.get(ids[0]!)).not.to.have.property("retries");
    // It is dead-lettered again, since it is no job.
    await until(async () => (await client.deadLetters.list({ type: "first" })).deadLetters.length === 1);
  });

  it("are redriven by type or all, and those that fail again are not redriven twice", async () => {
    const first = await fail("first", 3);
    const second = await fail("second", 2);
    expect(await client.deadLetters.redrive({ type: "first" })).to.deep.equal({ count: 3, missing: [], hidden: 0 });
    // Their records read failed all the time; they have failed anew once their letters are back.
    await until(async () => (await client.deadLetters.list()).deadLetters.length === 5);
    second.heal();
    first.heal();
    expect(jsonOf(await cli("redrive", "--all", "--json"))).to.deep.equal({ redriven: 5, missing: [], hidden: 0 });
    for (const id of [...first.ids, ...second.ids]) await journey.reaches(id, "succeeded");
    expect((await client.deadLetters.list()).deadLetters).to.have.length(0);
  });

  it("are redriven at a given rate", async () => {
    const { ids } = await fail("first", 6);
    const counts: number[] = [];
    const before = performance.now();
    await client.deadLetters.redrive({
      type: "first",
      ids,
      ratePerSecond: 4,
      onProgress: (count) => counts.push(count),
    });
    expect(performance.now() - before).to.be.at.least(900);
    expect(counts).to.deep.equal([4, 6]);
    expect(await rejection(client.deadLetters.redrive({ ratePerSecond: 0 }))).to.be.instanceOf(RangeError);
  });

  it("are released when the call is aborted, except those that were redriven", async () => {
    const { ids } = await fail("first", 6);
    const stop = new AbortController();
    const redriving = client.deadLetters.redrive({
      ids,
      ratePerSecond: 1,
      signal: stop.signal,
      onProgress: (count) => count === 2 && stop.abort(new Error("enough")),
    });
    expect(await rejection(redriving)).to.be.instanceOf(Error);
    // Those that were looked at would stay hidden for two minutes.
    const { deadLetters } = await client.deadLetters.list({ type: "first" });
    expect(deadLetters.length).to.be.at.least(4);
  });

  it("are purged by id, type or all, and records stay", async () => {
    const { ids } = await fail("first", 4);
    await fail("second", 3);
    expect(jsonOf(await cli("purge", ids[2]!, "--json"))).to.deep.equal({ purged: 1, missing: [], hidden: 0 });
    expect((await client.deadLetters.list({ type: "first" })).deadLetters).to.have.length(3);
    expect((await cli("purge", ids[2]!)).code).to.equal(3);
    expect((await cli("purge", "--type", "first")).code).to.equal(2);
    expect(jsonOf(await cli("purge", "--type", "first", "--yes", "--json"))).to.include({ purged: 3 });
    expect((await client.deadLetters.list()).deadLetters).to.have.length(3);
    const { stdout } = await cli("purge", "--all", "--yes");
    expect(stdout).to.include("3 dead letters removed");
    expect((await cli("list")).stdout).to.equal("No dead letters\n");
    expect(await client.get(ids[2]!)).to.include({ state: "failed" });
  });

  it("are never all taken by mistake", async () => {
    await fail("first", 1);
    for (const args of [
      ["redrive"],
      ["purge", "--yes"],
      ["redrive", "--all", "--type", "first"],
      ["redrive", "x", "--all"],
    ]) {
      expect((await cli(...args)).code, args.join(" ")).to.equal(2);
    }
    expect((await cli("redrive", "--type", "nonsense")).stderr).to.include("nonsense");
    expect((await client.deadLetters.list()).deadLetters).to.have.length(1);
  });
});
