import path from "node:path";
import { expect } from "chai";
import { findHandler } from "../../../../worker-image/src/handlers/handlerPath";
import { HandlerRunner } from "../../../../worker-image/src/handlers/javascript/handlerRunner";
import { JobStopped, type RunOutcome } from "../../../../worker-image/src/handlers/runner";
import { guardAgainstLeaks } from "../../../support/leakGuard";
import { until } from "../../../support/until";
import { buildWorker, distFolder, fixturesFolder } from "../../helpers/build";
import { FakeLog } from "../../helpers/doubles";
import { createRunnerParts } from "../../helpers/runnerParts";

describe("HandlerRunner", () => {
  const runners: HandlerRunner[] = [];
  let runner: HandlerRunner;
  let log: FakeLog;

  before(buildWorker);
  beforeEach(async () => {
    log = new FakeLog();
    runner = await createRunner("versatile.cjs");
  });
  afterEach(async () => {
    for (const each of runners.splice(0)) await each.close();
  });
  guardAgainstLeaks();

  async function createRunner(fixture: string): Promise<HandlerRunner> {
    const created = new HandlerRunner({
      ...createRunnerParts(log),
      entryPath: path.join(distFolder, "handlerMain.js"),
      modulePath: path.join(fixturesFolder, fixture),
      maxHeapMegabytes: 64,
    });
    runners.push(created);
    await created.start();
    return created;
  }

  /** Runs one job, and notes what it reports. */
  function run(payload: object, stopping = new AbortController(), keepsCheckpoints = true) {
    const reports: unknown[] = [];
    const job = { id: "job-1", type: "echo", payload, attempt: 1, submittedAt: "2026-01-01T00:00:00.000Z" };
    const outcome: Promise<RunOutcome> = runner.run(job, stopping.signal, {
      traceparent: "00-trace",
      onProgress: (...progress) => reports.push(progress),
      onCheckpoint: keepsCheckpoints ? (json) => reports.push(json) : undefined,
      onLog: (...line) => reports.push(line),
    });
    return { outcome, reports, stop: () => stopping.abort(new JobStopped("timeout", "took too long")) };
  }

  const errorOf = async (payload: object) => {
    const outcome = await run(payload).outcome;
    if (outcome.kind !== "failed") throw new Error(`Expected a failure, got ${JSON.stringify(outcome)}`);
    return outcome;
  };

  it("returns what the handler returns", async () => {
    for (const value of [{ a: [1, null, "ü"] }, null, 0, "", false]) {
      expect(await run({ do: "return", value }).outcome).to.deep.equal({ kind: "succeeded", result: value });
    }
    expect(await run({ do: "return" }).outcome).to.deep.equal({ kind: "succeeded", result: undefined });
  });

  it("loads ES modules", async () => {
    runner = await createRunner("esm.mjs");
    expect(await run({}).outcome).to.deep.equal({ kind: "succeeded", result: "from an ES module" });
  });

  it("takes an object with `handle` for a handler, as a default export and in place of one", async () => {
    for (const fixture of ["objectWithHandle.mjs", "onlyHandle.cjs"]) {
      await runner.close();
      runner = await createRunner(fixture);
      expect(await run({}).outcome).to.deep.equal({ kind: "succeeded", result: fixture });
    }
  });

  it("says at the start what is wrong with a handler", async () => {
    const problemOf = (fixture: string) =>
      createRunner(fixture).then(
        () => "nothing",
        (error: Error) => error.message,
      );
    expect(await problemOf("noDefault.mjs")).to.match(
      /export a function as its default, or an object with `handle`, got nothing/,
    );
    expect(await problemOf("noHandle.mjs")).to.match(/an object with `handle`, got an object$/);
    expect(await problemOf("missingPackage.cjs")).to.include("Cannot find module 'no-such-package'");
    expect(() => findHandler("nothing", [path.join(distFolder, "processors"), "/no/such"])).to.throw(
      /There is no handler "nothing": expected .*nothing\.js\. Handlers in .*: checksum, .*; There is no folder \/no\/such/,
    );
    expect(() => findHandler("/no/such/file", [])).to.throw("There is no handler module at /no/such/file");
  });

  it("passes on errors, permanent ones as such", async () => {
    const frames = ["versatile (versatile.cjs:26:27)"];
    const error = { name: "TypeError", message: "it went wrong", frames };
    expect(await errorOf({ do: "throw" })).to.deep.include({ error, isPermanent: false });
    expect(await errorOf({ do: "throw", permanent: true })).to.deep.include({ error, isPermanent: true });
    expect((await errorOf({ do: "throw" })).stack).to.include("versatile.cjs");
    expect((await errorOf({ do: "throw-odd" })).error.message).to.equal('Threw {"some":"object"}');
  });

  it("gives a job back when the handler asks for it, even if the handler catches what that throws", async () => {
    const given = (reason: string) => ({ kind: "given-back", reason });
    expect(await run({ do: "give-back", reason: "no licence" }).outcome).to.deep.equal(given("no licence"));
    expect(await run({ do: "give-back" }).outcome).to.deep.equal(given("The handler gave the job back"));
    expect(await run({ do: "give-back-caught" }).outcome).to.deep.equal(given("the service is away"));
    expect(await run({ do: "return", value: 1 }).outcome).to.deep.equal({ kind: "succeeded", result: 1 });
  });

  it("fails for good results that are no JSON", async () => {
    for (const action of ["circular", "function"]) {
      const { error, isPermanent } = await errorOf({ do: action });
      expect([error.name, isPermanent]).to.deep.equal(["ResultError", true]);
    }
  });

  it("passes on progress, log and output, whatever is logged", async () => {
    const { outcome, reports } = run({ do: "report" });
    await outcome;
    await until(() => reports.length >= 4);
    expect(reports).to.have.deep.members([
      [0.5, "half"],
      ["warn", 'Expected progress as a number from 0 to 1, got "much"', {}],
      ["warn", "odd", { fields: { circular: { self: "(circular)" }, big: "1" } }],
      ["info", "to standard output", { stream: "stdout" }],
    ]);
  });

  it("passes on each checkpoint at once, also of a handler that crashes right after it", async () => {
    runner = await createRunner("code.cjs");
    const code = "context.checkpoint({ part: 1 }); context.checkpoint(null); process.exit(1)";
    const { outcome, reports } = run({ code });
    expect((await outcome).kind).to.equal("failed");
    expect(reports).to.deep.equal(['{"part":1}', "null"]);
  });

  it("throws at a checkpoint that is invalid, too large, too late, or can't be kept, and changes nothing else", async () => {
    runner = await createRunner("code.cjs");
    const messageOf = (what: string) =>
      `try { ${what}; return "kept" } catch ({ name, message }) { return name + ": " + message }`;
    const cases: [string, string][] = [
      ["undefined", "Expected a checkpoint that is JSON, got undefined"],
      [
        "{ done: new Map() }",
        "Expected a checkpoint that is JSON, got a Map, which JSON would empty or change at /done",
      ],
      ["() => 1", "Expected a checkpoint that is JSON, got a function"],
      ["'x'.repeat(32766)", "kept"],
      ["'x'.repeat(32767)", "Expected a checkpoint of at most 32768 bytes of JSON, got 32769: store it in S3"],
      ["'x'.repeat(100000)", "Expected a checkpoint of at most 32768 bytes of JSON, got 100002: store it in S3"],
    ];
    for (const [value, expected] of cases) {
      const { outcome, reports } = run({ code: messageOf(`context.checkpoint(${value})`) });
      expect(await outcome, value)
        .to.have.property("result")
        .that.includes(expected);
      expect(reports, value).to.have.length(expected === "kept" ? 1 : 0);
    }
    const untracked = run({ code: messageOf("context.checkpoint(1)") }, undefined, false);
    expect(await untracked.outcome)
      .to.have.property("result")
      .that.includes("got one with tracking: false");
    const late = run({ code: "setTimeout(() => context.checkpoint(1), 30).unref()" });
    await late.outcome;
    await until(() => log.events().includes("late-error"));
    expect(log.fieldsOf("late-error")).to.have.nested.property(
      "error.message",
      "Expected a checkpoint before the end of attempt 1 of job job-1, got one after",
    );
    expect(late.reports).to.deep.equal([]);
  });

  it("restarts a job whose process an earlier job ended, from its checkpoint", async () => {
    runner = await createRunner("code.cjs");
    await run({ code: "setTimeout(() => process.exit(7), 150).unref()" }).outcome;
    const code =
      "if (job.checkpoint) return job.checkpoint; context.checkpoint({ part: 1 }); await new Promise(() => {})";
    expect(await run({ code }).outcome).to.deep.equal({ kind: "succeeded", result: { part: 1 } });
  });

  it("keeps the worker's process free while a handler computes", async () => {
    // Longer than the limit against hangs: only a process that is free can end it.
    const { outcome, stop } = run({ do: "spin", milliseconds: 600_000 });
    expect(await run({ do: "return", value: 1 }).outcome).to.include({ result: 1 });
    stop();
    runner.killNow();
    expect(await outcome).to.deep.equal({ kind: "stopped" });
  });

  it("reuses a process from job to job, and takes another for a second job at the same time", async () => {
    const processOf = async () => ((await run({ do: "process" }).outcome) as { result: number }).result;
    const first = await processOf();
    expect(await processOf()).to.equal(first);
    const slow = run({ do: "sleep", milliseconds: 300 });
    expect(await processOf()).not.to.equal(first);
    expect(await slow.outcome).to.include({ result: "slept" });
  });

  it("aborts the handler's signal, whose result then counts for nothing, and keeps the process", async () => {
    const { outcome, reports, stop } = run({ do: "wait-for-abort" });
    setTimeout(stop, 50);
    expect(await outcome).to.deep.equal({ kind: "stopped" });
    expect(reports).to.deep.equal([["info", "stopping", { fields: { reason: "took too long", cause: "timeout" } }]]);
    expect(await run({ do: "return", value: 1 }).outcome).to.include({ result: 1 });
  });

  it("kills, after the grace, a handler that won't stop, and continues with another process", async () => {
    const { outcome, stop } = run({ do: "sleep", milliseconds: 60_000 });
    stop();
    const begun = Date.now();
    expect(await outcome).to.deep.equal({ kind: "stopped" });
    expect(Date.now() - begun).to.be.within(2_900, 30_000);
    expect(await run({ do: "return", value: 1 }).outcome).to.include({ result: 1 });
  });

  it("kills without the grace if told to", async () => {
    await run({ do: "return", value: 1 }).outcome;
    const { outcome, stop } = run({ do: "spin", milliseconds: 60_000 });
    const begun = Date.now();
    stop();
    runner.killNow();
    expect(await outcome).to.deep.equal({ kind: "stopped" });
    expect(Date.now() - begun).to.be.lessThan(2_900);
  });

  it("doesn't begin a job that is already told to stop", async () => {
    const stopping = new AbortController();
    stopping.abort(new JobStopped("drain", "shutting down"));
    expect(await run({ do: "return" }, stopping).outcome).to.deep.equal({ kind: "stopped" });
  });

  it("says why a process died, and continues with another", async () => {
    const uncaught = await errorOf({ do: "throw-later" });
    expect(uncaught.error.name).to.equal("RangeError");
    expect(uncaught.error.message).to.include("out of nowhere").and.include("whose process ended by it");
    const exit = await errorOf({ do: "exit" });
    expect(exit.error.message).to.equal("The handler's process ended with exit code 3; on standard error: about to go");
    const hoard = await errorOf({ do: "hoard" });
    expect(hoard.error).to.deep.equal({
      name: "OutOfMemory",
      message: "The handler ran out of memory: its heap may hold 64 MB",
    });
    expect(await run({ do: "return", value: 1 }).outcome).to.include({ result: 1 });
  });
});
