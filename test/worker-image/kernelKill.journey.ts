import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { CommandRunner } from "../../worker-image/src/handlers/commands/commandRunner";
import { HandlerRunner } from "../../worker-image/src/handlers/javascript/handlerRunner";
import { JobProcesses } from "../../worker-image/src/handlers/processes/jobProcesses";
import { type Runner, type RunOutcome } from "../../worker-image/src/handlers/runner";
import { until } from "../local-cloud/support";
import { buildWorker, distFolder, fixturesFolder } from "./helpers/build";
import { FakeClock } from "./helpers/fakeClock";
import { createRunnerParts } from "./helpers/runnerParts";

const job = { id: "job-1", type: "a", attempt: 1, submittedAt: "" };
const sh = (script: string) => ["sh", "-c", script];

describe("The kernel's kills for want of memory", () => {
  const runners: Runner[] = [];
  before(buildWorker);
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.close();
  });

  /** Outcome of a job on a machine on which the kernel kills a process while it runs, or doesn't. */
  async function outcomeOf(how: { command?: string[]; code?: string }, hasKilled = true): Promise<RunOutcome> {
    let looks = 0;
    const kills = () => (looks++ > 0 && hasKilled ? 8 : 7);
    const parts = { ...createRunnerParts(), processes: new JobProcesses(new FakeClock(), kills) };
    const files = { entryPath: join(distFolder, "handlerMain.js"), modulePath: join(fixturesFolder, "code.cjs") };
    const runner = how.command
      ? new CommandRunner({ ...parts, command: how.command, environment: process.env, timeoutSeconds: 60 })
      : new HandlerRunner({ ...parts, ...files, maxHeapMegabytes: 64 });
    runners.push(runner);
    await runner.start();
    const run = { ...job, payload: { code: how.code } };
    return runner.run(run, new AbortController().signal, { traceparent: "", onProgress() {}, onLog() {} });
  }
  const errorOf = async (...asked: Parameters<typeof outcomeOf>) => {
    const outcome = await outcomeOf(...asked);
    if (outcome.kind !== "failed") throw new Error(`Expected a failure, got ${outcome.kind}`);
    expect(outcome.isPermanent).to.equal(false);
    return outcome.error;
  };

  const killed = {
    command: sh("kill -9 $$"),
    code: 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})',
  };
  const shell = { command: sh(`sh -c 'kill -9 $$'; exit $?`) };

  for (const [what, how] of [
    ["command", { command: killed.command }],
    ["command", shell],
    ["handler", { code: killed.code }],
  ] as const) {
    // prettier-ignore
    it(`are named, with the figures, where they take a ${what}: ${JSON.stringify(how)}`, async () => {
      const { name, message } = await errorOf(how);
      expect(name).to.equal("OutOfMemory");
      expect(message).to.match(
        new RegExp(
          `^The ${what} ran out of memory: the kernel killed it. With what it started it held \\d+ MB when last looked at; a job may hold 1000 MB, all jobs and the worker \\d+ MB$`,
        ),
      );
    });
  }

  it("are reported beside a job's own error about a process of its own that was killed", async () => {
    const note =
      /^.*the kernel killed a process for want of memory meanwhile; the job held \d+ MB when last looked at\)$/;
    const command = await errorOf({ command: sh("echo ffmpeg was killed >&2; exit 1") });
    expect(command.name).to.equal("CommandFailed");
    expect(command.message).to.include("ffmpeg was killed").and.to.match(note);
    const handler = await errorOf({ code: 'throw new TypeError("no output")' });
    expect(handler.name).to.equal("TypeError");
    expect(handler.message).to.include("no output").and.to.match(note);
  });

  it("are not reported for anything else: another signal, a success, a rejection and a kill by another process", async () => {
    expect(await outcomeOf({ command: ["true"] })).to.deep.equal({ kind: "succeeded", result: undefined });
    expect((await errorOf({ command: sh("kill -9 $$") }, false)).name).to.equal("CommandFailed");
    expect((await errorOf({ code: killed.code }, false)).name).to.equal("HandlerExit");
    expect((await errorOf({ command: sh("kill -15 $$") })).name).to.equal("CommandFailed");
    const rejected = await outcomeOf({ command: sh("echo no >&2; exit 3") });
    expect(rejected).to.deep.equal({ kind: "failed", isPermanent: true, error: { name: "Rejected", message: "no" } });
  });

  /** A worker in a control group of its own, which needs the right to make one. */
  it("end the job and leave the worker, under a real memory limit: command, grandchild and handler", async function () {
    const group = makeGroup(600);
    if (!group) return this.skip();
    const script = `
      require("node:fs").writeFileSync(${JSON.stringify(group.procs)}, String(process.pid));
      require(${JSON.stringify(require.resolve("../support/loader.cjs"))});
      const { createRunnerParts } = require(${quoted("helpers/runnerParts")});
      const { CommandRunner } = require(${quoted("../../worker-image/src/handlers/commands/commandRunner")});
      const { HandlerRunner } = require(${quoted("../../worker-image/src/handlers/javascript/handlerRunner")});
      const parts = createRunnerParts();
      const hold = "const held = []; for (;;) held.push(Buffer.alloc(50000000, 1))";
      const node = [process.execPath, "-e", hold];
      const run = async (runner, code) => {
        await runner.start();
        const outcome = await runner.run({ ...${JSON.stringify(job)}, payload: { code } }, new AbortController().signal, { traceparent: "", onProgress() {}, onLog() {} });
        await runner.close();
        return outcome;
      };
      const commands = (command) => new CommandRunner({ ...createRunnerParts(), command, environment: process.env, timeoutSeconds: 60 });
      const handlers = () => new HandlerRunner({ ...createRunnerParts(), maxHeapMegabytes: 64,
        entryPath: ${JSON.stringify(join(distFolder, "handlerMain.js"))}, modulePath: ${JSON.stringify(join(fixturesFolder, "code.cjs"))} });
      (async () => {
        const neighbour = commands(["sh", "-c", "echo begun; exec sleep 100"]);
        await neighbour.start();
        const ending = new AbortController();
        let other;
        // The next runner's start empties the folder of attempts.
        await new Promise((onLog) => {
          other = neighbour.run({ ...${JSON.stringify(job)}, payload: {} }, ending.signal, { onProgress() {}, onLog });
        });
        const outcomes = [await run(commands(node)), await run(commands(["sh", "-c", node.map((part) => "'" + part + "'").join(" ") + " & wait $!"])), await run(handlers(), hold)];
        ending.abort(Object.assign(new Error("enough"), { stopCause: "drain" }));
        const next = await other;
        await neighbour.close();
        console.log(JSON.stringify({ outcomes, next }));
      })();`;
    const folder = mkdtempSync(join(tmpdir(), "kernel-kill-"));
    const file = join(folder, "worker.cjs");
    writeFileSync(file, script);
    try {
      const options = { cwd: join(__dirname, "../.."), timeout: 100_000 };
      const { stdout } = await promisify(execFile)(process.execPath, [file], options);
      const { outcomes, next } = JSON.parse(stdout) as { outcomes: RunOutcome[]; next: RunOutcome };
      for (const outcome of outcomes) expect(outcome).to.have.nested.property("error.name", "OutOfMemory");
      // The worker told all this. A kernel that is slow to free what it took may take a neighbour, too, but never
      // unsaid.
      if (next.kind !== "stopped") expect(next).to.have.nested.property("error.name", "OutOfMemory");
    } finally {
      rmSync(folder, { recursive: true });
      await until(group.isRemoved);
    }
  });
});

const quoted = (name: string) => JSON.stringify(join(__dirname, name));

/** A control group whose processes may hold so much memory; undefined where this user may not make one. */
function makeGroup(megabytes: number): { procs: string; isRemoved: () => boolean } | undefined {
  const bytes = String(megabytes * 1_024 ** 2);
  for (const [root, limit] of [
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
    ["/sys/fs/cgroup", "memory.max"],
  ] as const) {
    // prettier-ignore
    const folder = join(root, `kernel-kill-${process.pid}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, limit), bytes);
      return { procs: join(folder, "cgroup.procs"), isRemoved: () => isRemoved(folder) };
    } catch {
      // The other version of control groups, or no right to either.
    }
  }
  return undefined;
}

/** Control groups can be removed once their last process is gone. */
function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
