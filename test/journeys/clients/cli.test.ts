import type { ChildProcess } from "node:child_process";
import { expect } from "chai";
import type { Job, LogLine } from "../../../client/index";
import { jsonOf, spawnCli, type SpawnOptions } from "../../cli/support";
import { until } from "../../local-cloud/support";
import { watchCalls } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

describe("batch-jobs on the local cloud", () => {
  let handlers: Handlers;
  let journey: Journey;
  const cli = (args: string[], more: SpawnOptions = {}) =>
    spawnCli(args, { ...more, env: { BATCH_JOBS_URL: journey.url, ...more.env } });

  before(async () => {
    handlers = createHandlers({
      echo: `context.logger.info("echoing", { said: job.payload }); return { said: job.payload };`,
      slow: `context.progress(0.5, "half way"); await sleep(2000);`,
      held: `await released(job, context);`,
      bad: `throw Object.assign(new TypeError("never any good"), { permanent: true });`,
    });
    const processors = ["echo", "slow", "held", "bad"].map((name) => ({
      name,
      handler: name,
      description: `Does ${name}`,
      minInstances: 1,
    }));
    journey = await startJourney(processors, handlers);
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("submits from argument and standard input, waits, and shows the result", async () => {
    const waited = await cli(["submit", "echo", '"ä😀"', "--wait", "--json"]);
    expect(waited.code, waited.stderr).to.equal(0);
    expect(jsonOf(waited)).to.deep.include({ type: "echo", state: "succeeded", result: { said: "ä😀" } });
    const { stdout } = await cli(["submit", "echo"], { input: '{"from": "stdin"}' });
    const shown = await cli(["wait", stdout.trim()]);
    expect(shown.code).to.equal(0);
    expect(shown.stdout).to.match(/^result +\{"said":\{"from":"stdin"\}\}$/m);
    const { stdout: status } = await cli(["status", stdout.trim()]);
    expect(status.replace(/^payload +\{"from":"stdin"\}\n/m, "")).to.equal(shown.stdout);
  });

  it("makes one job of an id, and says so if it was another job's", async () => {
    const submit = (payload: string) => cli(["submit", "echo", payload, "--id", "mine"]);
    expect((await submit("1")).stdout).to.equal("mine\n");
    expect((await submit("1")).stdout).to.equal("mine\n");
    const other = await submit("2");
    expect(other.code).to.equal(1);
    expect(other.stderr).to.include("submitted under this id before, of the same type, payload");
  });

  it("submits lines, and waits for all of them", async () => {
    const run = await cli(["submit", "echo", "--lines", "--wait", "--json"], { input: "1\n2\n3\n" });
    const { jobs } = jsonOf<{ jobs: Job[] }>(run);
    expect(jobs.map(({ result }) => result)).to.deep.equal([1, 2, 3].map((said) => ({ said })));
  });

  it("exits with 1 and the reason if a job fails", async () => {
    const { code, stderr } = await cli(["submit", "bad", "null", "--wait"]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^✖ Job \S+ failed after 1 attempt: TypeError: never any good\n$/);
  });

  it("exits with 4 at the timeout, with 130 on Ctrl-C, and the job continues", async () => {
    const id = (await cli(["submit", "held", "null"])).stdout.trim();
    expect((await cli(["wait", id, "--timeout", "0.2"])).code).to.equal(4);
    const calls = watchCalls(journey, "dynamodb");
    const isWaiting = () => calls.some(({ caller, body }) => caller?.includes("frontend") && body.includes(id));
    const interrupt = (child: ChildProcess) => void until(isWaiting).then(() => child.kill("SIGINT"));
    const stopped = await cli(["wait", id], { onStart: interrupt });
    expect(stopped.code).to.equal(130);
    expect(stopped.stderr).to.include(`batch-jobs wait ${id}`);
    handlers.release(id);
    expect((await cli(["wait", id])).code).to.equal(0);
  });

  it("exits with 3 for an unknown job, and with 1 for an unknown type", async () => {
    expect((await cli(["status", "nobody"])).code).to.equal(3);
    const { code, stderr } = await cli(["submit", "nonsense", "1"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("nonsense").and.include("batch-jobs types");
  });

  it("shows what workers logged of a job, and of no other", async () => {
    for (const id of ["logged", "logged-too"]) await cli(["submit", "echo", `"${id}"`, "--id", id, "--wait"]);
    const { stdout, code } = await cli(["logs", "logged"]);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^\d\d:\d\d:\d\d frontend job-accepted/m)
      .and.match(/^\d\d:\d\d:\d\d #1 echoing said=logged$/m)
      .and.not.include("logged-too");
    const { lines } = jsonOf<{ lines: LogLine[] }>(await cli(["logs", "logged-too", "--json"]));
    expect(lines.some(({ message }) => message === "echoing")).to.be.true;
    expect(lines.map(({ at }) => at)).to.deep.equal(lines.map(({ at }) => at).sort());
    expect((await cli(["logs", "nobody"])).code).to.equal(3);
  });

  it("cancels, and lists what was cancelled", async () => {
    const id = (await cli(["submit", "slow", "null", "--delay", "60"])).stdout.trim();
    expect((await cli(["cancel", id])).code).to.equal(0);
    const waited = await cli(["wait", id]);
    expect(waited.code).to.equal(1);
    expect(waited.stderr).to.include(`Job ${id} was cancelled`);
    const { jobs } = jsonOf<{ jobs: Job[] }>(await cli(["list", "--type", "slow", "--state", "cancelled", "--json"]));
    expect(jobs.map((job) => job.id)).to.deep.equal([id]);
    expect((await cli(["list"])).stdout).to.match(new RegExp(`^${id} +slow +cancelled`, "m"));
    expect((await cli(["cancel", "nobody"])).code).to.equal(3);
  });

  it("lists the types", async () => {
    const { stdout } = await cli(["types"]);
    for (const name of ["echo", "slow", "held", "bad"])
      expect(stdout).to.match(new RegExp(`^${name} .* Does ${name}$`, "m"));
  });
});
