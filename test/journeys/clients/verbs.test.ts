import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Job, JobClient, JobProblemError } from "../../../client/index";
import { limits } from "../../../contract/limits";
import { jsonOf, spawnCli } from "../../cli/support";
import { rejection } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** The API's calls, by the client and by the command line as a process of its own. */
describe("client and command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  const healed = join(folder, "healed");
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  const cli = (...args: string[]) => spawnCli(["--url", journey.url, ...args]);

  before(async () => {
    handlers = createHandlers({
      echo: `note("start " + job.id); return { tenant: job.tenant };`,
      strict: `return job.payload;`,
      sick: `if (existsSync(job.payload.healed)) return "well"; throw Object.assign(new Error("sick"), { permanent: true });`,
      wide: `return "r".repeat(job.payload);`,
    });
    const properties = { n: { type: "integer", minimum: 1 }, tags: { type: "array", items: { type: "string" } } };
    const payloadSchema = { type: "object", properties, required: ["n"] };
    const processors = ["echo", "strict", "sick", "wide"].map((name) => ({
      ...{ name, handler: name, minInstances: 1 },
      ...(name === "strict" && { payloadSchema }),
    }));
    journey = await startJourney(processors, handlers, { events: true });
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("hold a job back for some seconds, or until its time, and no longer", async () => {
    const begun = Date.now();
    const delayed = await client.submit("echo", 1, { delaySeconds: 2, tenant: "acme" });
    const timed = await client.submit("echo", 2, { runAt: new Date(begun + 3_000) });
    const byCli = jsonOf<{ id: string }>(await cli("submit", "echo", "3", "--delay", "2", "--tenant", "x", "--json"));
    for (const [id, seconds] of [
      [delayed.id, 2],
      [timed.id, 3],
      [byCli.id, 2],
    ] as const) {
      const job = await client.wait(id);
      expect(job, id).to.include({ state: "succeeded" });
      expect(Date.parse(job.startedAt!) - begun, id).to.be.at.least(seconds * 1_000 - 100);
    }
    expect((await client.get(delayed.id)).result).to.deep.equal({ tenant: "acme" });
  });

  it("keep a job of the next day in a schedule, show its time, and cancel it there", async () => {
    const runAt = new Date(Date.now() + 86_400_000).toISOString();
    const later = await client.submit("echo", 1, { runAt });
    expect(await client.get(later)).to.include({ state: "queued", runAt });
    const { stdout } = await cli("submit", "echo", "1", "--run-at", runAt, "--id", "tomorrow");
    expect(stdout).to.equal("tomorrow\n");
    expect((await cli("status", "tomorrow")).stdout).to.include(runAt);
    expect((await cli("cancel", "tomorrow", later.id)).code).to.equal(0);
    expect(await client.get("tomorrow")).to.include({ state: "cancelled" });
    expect(handlers.startsOf("tomorrow")).to.equal(0);
  });

  it("say which part of a payload doesn't fit its schema", async () => {
    const payload = { n: 0, tags: ["a", 2] };
    const error = (await rejection(client.submit("strict", payload))) as JobProblemError;
    expect(error).to.be.instanceOf(JobProblemError).and.include({ code: "invalid-payload", status: 422 });
    expect(error.errors.map(({ path }) => path)).to.include.members(["/payload/n", "/payload/tags/1"]);
    const { code, stderr, stdout } = await cli("submit", "strict", JSON.stringify(payload));
    expect(code).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.include("/payload/n").and.include("/payload/tags/1");
    const outcomes = await client.submitMany([
      { type: "strict", payload },
      { type: "strict", payload: { n: 1 } },
    ]);
    expect(outcomes.map(({ isAccepted }) => isAccepted)).to.deep.equal([false, true]);
    const types = jsonOf<{ types: { type: string; payloadSchema?: object }[] }>(await cli("types", "--json")).types;
    expect(types.find(({ type }) => type === "strict")!.payloadSchema).to.have.property("required");
  });

  const odd = ["-", "--json", "...", "a..b", "_", "__proto__", "constructor", "batch", "0", "null", "A".repeat(80)];
  const all = [..."ABCXYZabcxyz0189._-"].join("");

  it("take unusual ids of every kind, from submission to result", async () => {
    for (const id of [...odd, all]) {
      const submitted = await client.submit("echo", 1, { id });
      expect(submitted.id).to.equal(id);
      expect(await client.wait(id), id).to.include({ id, state: "succeeded" });
      expect(handlers.startsOf(id), id).to.equal(1);
      const shown = await cli("status", "--json", "--", id);
      expect(jsonOf<Job>(shown), shown.stderr).to.include({ id, state: "succeeded" });
      const again = await cli("submit", "echo", "1", `--id=${id}`);
      expect(again.stdout, again.stderr).to.equal(`${id}\n`);
      expect((await cli("logs", "--", id)).code, id).to.equal(0);
    }
    expect((await client.list({ type: "echo", limit: 100 })).jobs.map(({ id }) => id)).to.include.members(odd);
  });

  it("redrive and purge dead letters with unusual ids of every kind", async () => {
    const ids = [...odd, all].map((id) => `${id.slice(0, 78)}-x`);
    const submit = () => client.submitMany(ids.map((id) => ({ id, type: "sick", payload: { healed } })));
    expect((await submit()).every(({ isAccepted }) => isAccepted)).to.be.true;
    for (const id of ids) expect(await client.wait(id), id).to.include({ state: "failed" });
    const { deadLetters } = jsonOf<{ deadLetters: { id: string }[] }>(await cli("dead-letters", "list", "--json"));
    expect(deadLetters.map(({ id }) => id)).to.have.members(ids);
    expect((await cli("dead-letters", "purge", "--", ids[0]!)).code).to.equal(0);
    writeFileSync(healed, "");
    const sent = await cli("dead-letters", "redrive", "--json", "--", ...ids.slice(1));
    expect(jsonOf(sent), sent.stderr).to.include({ redriven: ids.length - 1 });
    for (const id of ids.slice(1)) {
      await journey.reaches(encodeURIComponent(id), "succeeded");
      expect(await client.get(id), id).to.include({ attempts: 1, result: "well" });
    }
  });

  it("refuse invalid ids before they send a request", async () => {
    for (const id of [".", "..", "a b", "ä", "a/b", "A".repeat(81), ""]) {
      expect(await rejection(client.submit("echo", 1, { id })), id).to.include({ code: "invalid-request" });
      expect((await cli("status", "--", id)).code, id).to.equal(3);
    }
  });

  it("show a result at the limit whole, and so one a byte over it, from S3", async () => {
    const whole = jsonOf<Job<string>>(
      await cli("submit", "wide", String(limits.maxResultBytes - 2), "--wait", "--json"),
    );
    expect(whole.result).to.have.length(limits.maxResultBytes - 2);
    const over = jsonOf<Job>(await cli("submit", "wide", String(limits.maxResultBytes - 1), "--wait", "--json"));
    expect(over.resultRef).to.include({ bytes: limits.maxResultBytes + 1 });
    expect(over.result).to.have.length(limits.maxResultBytes - 1);
  });
});
