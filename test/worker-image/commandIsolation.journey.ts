import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { CommandRunner } from "../../worker-image/src/handlers/commands/commandRunner";
import { JobStopped, type RunOutcome, type StopCause } from "../../worker-image/src/handlers/runner";
import { until } from "../local-cloud/support";
import { ended } from "./helpers/ended";
import { createRunnerParts } from "./helpers/runnerParts";

/** Commands that leave something behind, hold too much, or lose their worker. */
describe("Commands of one worker", () => {
  const runners: CommandRunner[] = [];
  let folder: string;

  beforeEach(() => (folder = realpathSync(mkdtempSync(path.join(tmpdir(), "command-isolation-")))));
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const job = { id: "job-1", type: "a", payload: { text: "x".repeat(200_000) }, attempt: 1, submittedAt: "" };

  async function start(command: string[], maxMemoryMegabytes?: number) {
    const parts = createRunnerParts(undefined, maxMemoryMegabytes);
    const runner = new CommandRunner({ ...parts, command, environment: process.env, timeoutSeconds: 60 });
    runners.push(runner);
    await runner.start();
    const stopping = new AbortController();
    const outcome: Promise<RunOutcome> = runner.run(job, stopping.signal, {
      traceparent: "",
      onProgress() {},
      onLog() {},
    });
    return { runner, outcome, stop: (cause: StopCause) => stopping.abort(new JobStopped(cause, "enough")) };
  }

  const node = (script: string) => [process.execPath, "-e", script];
  const sh = (script: string, ...parameters: string[]) => ["sh", "-c", script, "sh", ...parameters];
  const pidIn = async (file: string) => {
    await until(() => existsSync(file) && readFileSync(file, "utf8").trim() !== "");
    return Number(readFileSync(file, "utf8"));
  };

  /** Ways to start a process that means to stay, and writes its pid into the file. */
  const strays: Record<string, (file: string) => string> = {
    "a child": (file) => `spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore" })`,
    "a session of its own": (file) =>
      `spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore", detached: true }).unref()`,
    "a session of its own that ignores signals": (file) =>
      `spawn("sh", ["-c", "trap '' TERM HUP INT; echo $$ > ${file}; sleep 300; sleep 300"], { stdio: "ignore", detached: true }).unref()`,
    "a session within a session": (file) =>
      `spawn(process.execPath, ["-e", \`require("child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore", detached: true }).unref()\`], { stdio: "ignore", detached: true }).unref()`,
    "a session without an environment": (file) =>
      `spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore", env: {}, detached: true }).unref()`,
  };
  const ends: Record<string, { code: string; cause?: StopCause; kind: RunOutcome["kind"] }> = {
    success: { code: "process.exit(0)", kind: "succeeded" },
    failure: { code: "process.exit(1)", kind: "failed" },
    timeout: { code: "setInterval(() => {}, 1000)", cause: "timeout", kind: "stopped" },
    cancellation: { code: "setInterval(() => {}, 1000)", cause: "cancelled", kind: "stopped" },
  };
  for (const [name, stray] of Object.entries(strays)) {
    it(`leave no process of ${name} behind, whatever the end: success, failure, timeout and cancellation`, async () => {
      for (const [end, { code, cause, kind }] of Object.entries(ends)) {
        const file = path.join(folder, `pid-${end}`);
        const wait = `const timer = setInterval(() => { if (!require("fs").existsSync("${file}")) return; clearInterval(timer); ${code} }, 10)`;
        const { runner, outcome, stop } = await start(node(`const { spawn } = require("child_process"); ${stray(file)}; ${wait}`)); // prettier-ignore
        const pid = await pidIn(file);
        if (cause) {
          stop(cause);
          runner.killNow();
        }
        expect((await outcome).kind, end).to.equal(kind);
        await ended(pid, `${name} after ${end}`);
      }
    });
  }

  it("are killed, with the figures, where all that they started hold too much memory", async () => {
    const hold = "const held = []; setInterval(() => held.push(Buffer.alloc(15000000, 1)), 20)";
    const script = `"${process.execPath}" -e '${hold}' & "${process.execPath}" -e '${hold}' & wait`;
    const { outcome } = await start(sh(script), 300);
    const { kind, error } = (await outcome) as Extract<RunOutcome, { kind: "failed" }>;
    expect([kind, error.name]).to.deep.equal(["failed", "OutOfMemory"]);
    const figures = /^The command ran out of memory: with what it started it held (\d+) MB, of which a job may hold 300 MB$/; // prettier-ignore
    expect(error.message).to.match(figures);
    expect(Number(figures.exec(error.message)![1])).to.be.above(300);
  });

  it("work in an empty folder of their own, which is HOME, TMPDIR and JOB_DIR, and is removed", async () => {
    const script = `require("fs").writeFileSync("a", "1"); require("fs").mkdirSync("b", 0);
      const { HOME, TMPDIR, JOB_DIR } = process.env;
      console.log(JSON.stringify({ HOME, TMPDIR, JOB_DIR, cwd: process.cwd(), mode: require("fs").statSync(".").mode & 0o777, seen }))`;
    const look = node(`const seen = require("fs").readdirSync("."); ${script}`);
    const seen = new Set<string>();
    for (let run = 0; run < 2; run++) {
      const { result } = (await (await start(look)).outcome) as { result: Record<string, unknown> };
      const { cwd } = result as { cwd: string };
      expect(result).to.deep.equal({ HOME: cwd, TMPDIR: cwd, JOB_DIR: cwd, cwd, mode: 0o700, seen: [] });
      expect(existsSync(cwd)).to.equal(false);
      seen.add(cwd);
    }
    expect(seen.size).to.equal(2);
  });

  it("find the files that their parts name below the image's working folder, and nothing else changes", async () => {
    const parts = [
      "package.json",
      "test/worker-image/fixtures/code.cjs",
      "no-such-file",
      "test",
      "-x",
      "/bin/sh",
      "a b",
    ];
    const list = `process.stdout.write(JSON.stringify(process.argv.slice(1)))`;
    const { outcome } = await start([...node(list), "--", ...parts]);
    const [manifest, fixture, ...others] = parts;
    const found = [manifest!, fixture!].map((part) => path.resolve(part));
    expect(await outcome).to.deep.equal({ kind: "succeeded", result: [...found, ...others] });
  });

  it("have all of their job from their first moment: a worker that freezes at once, and dies, cuts nothing off", async () => {
    const [read, pid] = [path.join(folder, "read"), path.join(folder, "pid")];
    const command = node(`const fs = require("fs"); fs.writeFileSync("${pid}", String(process.pid));
      fs.writeFileSync("${read}.part", fs.readFileSync(0)); fs.renameSync("${read}.part", "${read}"); setInterval(() => {}, 1000)`); // prettier-ignore
    const worker = startFreezing(command);
    try {
      // The worker stands still: nothing but what it handed over at the start can be read.
      await until(() => existsSync(read));
      expect(JSON.parse(readFileSync(read, "utf8"))).to.deep.equal(job);
      const exited = once(worker, "exit");
      worker.kill("SIGKILL");
      await exited;
      const left = Number(readFileSync(pid, "utf8"));
      await ended(left);
    } finally {
      worker.kill("SIGKILL");
    }
  });

  it("aren't begun by a worker that froze until its lease had ended", async () => {
    const file = path.join(folder, "begun");
    const runner = new CommandRunner({
      ...{ ...createRunnerParts(), command: sh(`echo > ${file}`), environment: process.env, timeoutSeconds: 60 },
    });
    runners.push(runner);
    await runner.start();
    const stopping = new AbortController();
    const mayBegin = () => {
      stopping.abort(new JobStopped("lease-lost", "too late"));
      return false;
    };
    const outcome = await runner.run(job, stopping.signal, { traceparent: "", onProgress() {}, onLog() {}, mayBegin });
    expect(outcome).to.deep.equal({ kind: "stopped" });
    expect(existsSync(file)).to.equal(false);
  });

  /** A worker that stops itself in the moment in which it has started the command. */
  function startFreezing(command: string[]): ChildProcess {
    const script = path.join(folder, "worker.cjs");
    const module = (name: string) => JSON.stringify(path.join(__dirname, name));
    writeFileSync(
      script,
      `require(${JSON.stringify(require.resolve("../support/loader.cjs"))});
       const childProcess = require("node:child_process");
       const { spawn } = childProcess;
       childProcess.spawn = (...rest) => {
         const child = spawn(...rest);
         if (rest[0] === process.execPath) process.kill(process.pid, "SIGSTOP");
         return child;
       };
       const { createRunnerParts } = require(${module("helpers/runnerParts")});
       const { CommandRunner } = require(${module("../../worker-image/src/handlers/commands/commandRunner")});
       const command = ${JSON.stringify(command)};
       const runner = new CommandRunner({ ...createRunnerParts(), command, environment: process.env, timeoutSeconds: 60 });
       runner.start().then(() => runner.run(${JSON.stringify(job)}, new AbortController().signal, { traceparent: "", onProgress() {}, onLog() {} }));`,
    );
    return spawn(process.execPath, [script], { cwd: path.join(__dirname, "../.."), stdio: "inherit" });
  }
});
