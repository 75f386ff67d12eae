import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { HandlerRunner } from "../../worker-image/src/handlers/javascript/handlerRunner";
import { JobStopped, type RunOutcome } from "../../worker-image/src/handlers/runner";
import { until } from "../local-cloud/support";
import { buildWorker, distFolder, fixturesFolder } from "./helpers/build";
import { FakeLog } from "./helpers/doubles";
import { ended } from "./helpers/ended";
import { createRunnerParts } from "./helpers/runnerParts";

/**
 * One runner of handlers whose jobs are of all kinds: none of them costs another anything, and nothing of one is left.
 */
describe("Jobs of one worker", () => {
  let runner: HandlerRunner;
  let log: FakeLog;
  let folder: string;
  let jobs = 0;

  before(buildWorker);
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "isolation-"));
    log = new FakeLog();
    runner = await createRunner();
  });
  afterEach(async () => {
    await runner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function createRunner(maxMemoryMegabytes?: number): Promise<HandlerRunner> {
    const created = new HandlerRunner({
      ...createRunnerParts(log, maxMemoryMegabytes),
      entryPath: path.join(distFolder, "handlerMain.js"),
      modulePath: path.join(fixturesFolder, "code.cjs"),
      maxHeapMegabytes: 64,
    });
    await created.start();
    return created;
  }

  interface StartedJob {
    id: string;
    outcome: Promise<RunOutcome>;
    lines: string[];
    stop: () => void;
  }

  function start(code: string): StartedJob {
    const stopping = new AbortController();
    const lines: string[] = [];
    const id = `job-${++jobs}`;
    const job = { id, type: "code", payload: { code }, attempt: 1, submittedAt: "2026-01-01T00:00:00.000Z" };
    const events = {
      traceparent: "",
      onProgress: () => {},
      onLog: (_level: string, line: string) => void lines.push(line),
    };
    const outcome = runner.run(job, stopping.signal, events);
    return { id, outcome, lines, stop: () => stopping.abort(new JobStopped("timeout", "too long")) };
  }

  const run = (code: string) => start(code).outcome;
  const succeeded = (result: unknown) => ({ kind: "succeeded", result });
  const processOf = async () => ((await run("return process.pid")) as { result: number }).result;
  const pidIn = async (file: string) => {
    await until(() => existsSync(file) && readFileSync(file, "utf8").trim() !== "");
    return Number(readFileSync(file, "utf8"));
  };

  /** Bodies of handlers that never come back; each writes into `started` once it is about to. */
  const endless: Record<string, (started: string) => string> = {
    execSync: (file) => `require("node:child_process").execSync("echo $$ > ${file}; sleep 100")`,
    "spawnSync in a session of its own": (file) =>
      `require("node:child_process").spawnSync("sh", ["-c", "echo $$ > ${file}; sleep 100"], { detached: true })`,
    "a blocking read": (file) =>
      `const fs = require("node:fs"); require("node:child_process").execSync("mkfifo ${folder}/fifo");
       fs.writeFileSync("${file}", "1"); fs.readFileSync("${folder}/fifo")`,
    "native code": (file) =>
      `require("node:fs").writeFileSync("${file}", "1"); require("node:crypto").pbkdf2Sync("a", "b", 2_000_000_000, 64, "sha512")`,
    "native code on Node's own threads": (file) =>
      `require("node:fs").writeFileSync("${file}", "1");
       await new Promise((resolve) => require("node:crypto").pbkdf2("a", "b", 2_000_000_000, 64, "sha512", resolve))`,
    "a busy loop": (file) => `require("node:fs").writeFileSync("${file}", "1"); for (;;);`,
    "a promise that never settles": (file) =>
      `require("node:fs").writeFileSync("${file}", "1"); await new Promise(() => {})`,
    "a wait": (file) =>
      `require("node:fs").writeFileSync("${file}", "1"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
    "a handler that ignores its stop": (file) =>
      `require("node:fs").writeFileSync("${file}", "1"); process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); await new Promise(() => {})`,
  };
  for (const [name, body] of Object.entries(endless)) {
    it(`end when they are told to, whatever they do: ${name}`, async () => {
      const file = path.join(folder, "started");
      const { outcome, stop } = start(body(file));
      await pidIn(file);
      stop();
      runner.killNow();
      expect(await outcome).to.deep.equal({ kind: "stopped" });
      expect(await run("return 1")).to.deep.equal(succeeded(1));
    });
  }

  /** Bodies that start a process which means to stay; it writes its pid into the file. */
  const children: Record<string, (file: string) => string> = {
    "of a plain child": (file) =>
      `require("node:child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore" })`,
    "of a session of its own": (file) =>
      `require("node:child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore", detached: true }).unref()`,
    "of a grandchild whose parents are gone": (file) =>
      `require("node:child_process").execSync("(sh -c 'echo $$ > ${file}; exec sleep 300' > /dev/null 2>&1 &)")`,
    "without an environment": (file) =>
      `require("node:child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { stdio: "ignore", env: {}, detached: true })`,
  };
  for (const [name, body] of Object.entries(children)) {
    it(`leave no process behind ${name}, whether they succeed, fail or are stopped`, async () => {
      for (const end of ["return 1", 'throw new Error("no")', "await new Promise(() => {})"]) {
        const file = path.join(folder, `pid-${jobs}`);
        const wait = `while (!require("node:fs").existsSync("${file}")) await new Promise((go) => setTimeout(go, 10));`;
        const { outcome, stop } = start(`${body(file)}; ${wait} ${end}`);
        const pid = await pidIn(file);
        if (end.startsWith("await")) {
          stop();
          runner.killNow();
        }
        await outcome;
        await ended(pid, end);
      }
    });
  }

  it("have an empty folder each, of which nothing is left", async () => {
    const look = `const fs = require("node:fs"); const seen = fs.readdirSync(context.directory);
      fs.writeFileSync(context.directory + "/out.txt", job.id); fs.mkdirSync(context.directory + "/a");
      fs.writeFileSync(context.directory + "/a/b", "", { mode: 0 }); fs.chmodSync(context.directory + "/a", 0);
      return { seen, directory: context.directory, isTmp: require("node:os").tmpdir() === context.directory }`;
    const folders: string[] = [];
    while (folders.length < 3) {
      const outcome = (await run(look)) as { result: { seen: string[]; directory: string; isTmp: boolean } };
      const { seen, directory, isTmp } = outcome.result;
      expect([seen, isTmp]).to.deep.equal([[], true]);
      expect(existsSync(directory)).to.equal(false);
      folders.push(directory);
    }
    const { outcome, stop } = start(`require("node:fs").writeFileSync(context.directory + "/part", "x"); for (;;);`);
    await until(() => readdirSync(path.dirname(folders[0]!)).length > 0);
    stop();
    runner.killNow();
    await outcome;
    expect(readdirSync(path.dirname(folders[0]!))).to.deep.equal([]);
    await runner.close();
    expect(existsSync(path.dirname(folders[0]!))).to.equal(false);
  });

  it("fail for want of room with the figures of the disk", async () => {
    if (!existsSync("/dev/full")) return;
    const outcome = await run(`require("node:fs").writeFileSync("/dev/full", "x")`);
    expect(outcome).to.have.nested.property("error.name", "OutOfDisk");
    expect(outcome)
      .to.have.nested.property("error.message")
      .that.matches(/^The scratch disk is full: [\d.]+ of [\d.]+ GB, 0\.00 GB of them this attempt's \(ENOSPC/);
  });

  /** Bodies that leave something which goes wrong while the next job runs there. */
  const late: Record<string, string> = {
    "a rejection": `setTimeout(() => Promise.reject(new Error("audit log failed")), 150).unref()`,
    "an error": `setTimeout(() => { throw new Error("audit log failed") }, 150).unref()`,
    "an error in a promise's wake": `require("node:fs/promises").readFile("/").catch(() => { setTimeout(() => { throw new Error("audit log failed") }, 150).unref() })`,
  };
  for (const [name, body] of Object.entries(late)) {
    it(`are blamed for what they leave behind: ${name}`, async () => {
      const first = start(`${body}; return process.pid`);
      const { result: process } = (await first.outcome) as { result: number };
      const next = start("await new Promise((resolve) => setTimeout(resolve, 400)); return process.pid");
      const outcome = (await next.outcome) as { result: number };
      expect(outcome.result).to.be.a("number").that.does.not.equal(process);
      await until(() => log.events().includes("late-error"));
      expect(log.fieldsOf("late-error")).to.deep.include({ jobId: first.id, attempt: 1 });
      expect(log.fieldsOf("late-error")).to.have.nested.property("error.message", "audit log failed");
    });
  }

  it("are blamed for a process that they end after their own end", async () => {
    const first = start(`setTimeout(() => process.exit(7), 150).unref(); return 1`);
    await first.outcome;
    expect(await run("await new Promise((resolve) => setTimeout(resolve, 400)); return 2")).to.deep.equal(succeeded(2));
    expect(log.fieldsOf("handler-died")).to.deep.include({ jobId: first.id });
    expect(log.fieldsOf("handler-died")).to.have.nested.property("error.message").that.includes("exit code 7");
  });

  it("are named where the process of idle ones dies", async () => {
    const first = start(
      `process.nextTick(() => {}); setTimeout(() => process.kill(process.pid, "SIGSEGV"), 100).unref()`,
    );
    await first.outcome;
    await until(() => log.events().includes("handler-died"));
    expect(log.fieldsOf("handler-died")).to.deep.include({ jobIds: [first.id] });
    expect(log.fieldsOf("handler-died")).to.have.nested.property("error.message").that.includes("SIGSEGV");
  });

  it("keep what they print after their end to themselves", async () => {
    const first = start(`setInterval(() => console.log("of the first"), 20).unref(); return 1`);
    await first.outcome;
    const next = start(
      `console.log("of the next"); await new Promise((resolve) => setTimeout(resolve, 200)); return 2`,
    );
    expect(await next.outcome).to.deep.equal(succeeded(2));
    expect(next.lines).to.deep.equal(["of the next"]);
    expect(first.lines).to.include("of the first");
  });

  it("crash alone", async () => {
    const good = start("await new Promise((resolve) => setTimeout(resolve, 1000)); return 1");
    const crash = await run(`process.kill(process.pid, "SIGKILL"); await new Promise(() => {})`);
    expect(crash).to.deep.include({ kind: "failed", isPermanent: false });
    expect(crash).to.have.nested.property("error.message").that.includes("was ended by SIGKILL");
    expect(await good.outcome).to.deep.equal(succeeded(1));
  });

  it("can't reach the worker by messages", async () => {
    for (const code of [
      `require("node:worker_threads").parentPort?.postMessage(null); return 1`,
      `process.send?.(null); return 1`,
      `process.stdout.write("null\\n"); return 1`,
    ]) {
      expect(await run(code)).to.deep.equal(succeeded(1));
    }
    for (const text of ["null\\n", "{}\\n", '{"kind":"ended"}\\n', '{"kind":"log","run":1}\\n', "gibberish\\n"]) {
      const outcome = await run(
        `require("node:fs").writeSync(4, '${text}'); await new Promise((go) => setTimeout(go, 300)); return 1`,
      );
      expect(["succeeded", "failed"]).to.include(outcome.kind);
      expect(await run("return 2")).to.deep.equal(succeeded(2));
    }
    expect((await run(`require("node:fs").closeSync(4); await new Promise(() => {})`)).kind).to.equal("failed");
  });

  /** Changes that must not reach the next job. */
  const changes: Record<string, [change: string, look: string, expected: unknown]> = {
    "JSON.stringify": [`JSON.stringify = () => "0"`, "return JSON.stringify([1])", "[1]"],
    "a global": [`globalThis.tenant = "acme"`, "return typeof tenant", "undefined"],
    "a prototype": [`Array.prototype.last = function () {}`, "return typeof [].last", "undefined"],
    "a method": [`Array.prototype.map = () => "mine"`, "return [1].map((n) => n + 1)", [2]],
    "the environment": [`process.env.TENANT = "acme"`, `return process.env.TENANT ?? "none"`, "none"],
    "a deleted variable": ["delete process.env.PATH", "return typeof process.env.PATH", "string"],
    "the working folder": [`process.chdir("/")`, `return process.cwd() === "/"`, false],
    "console.log": [`console.log = () => {}`, `return String(console.log).length > 15`, true],
  };
  for (const [name, [change, look, expected]] of Object.entries(changes)) {
    it(`don't reach the next by what they change for everybody: ${name}`, async () => {
      const changer = await run(`${change}; return { a: [1] }`);
      expect(changer).to.deep.equal(succeeded({ a: [1] }));
      expect(await run(look)).to.deep.equal(succeeded(expected));
    });
  }

  it("find the process as it was if they leave nothing, timers and connections that end included", async () => {
    const first = await processOf();
    for (const code of [
      "await new Promise((resolve) => setTimeout(resolve, 5))",
      `await require("node:fs/promises").writeFile(context.directory + "/a", "1")`,
      `require("node:child_process").execSync("true")`,
      `await new Promise((resolve) => require("node:child_process").spawn("true").once("close", resolve))`,
      "await fetch('http://127.0.0.1:1').catch(() => {})",
      `throw new Error("no")`,
      `console.log("hello"); context.progress(0.5); context.logger.info("x", { a: 1 })`,
      "await new Promise((resolve) => setImmediate(resolve)); Math.random(); new Intl.DateTimeFormat().format(); structuredClone({})",
    ]) {
      await run(code);
      expect(await processOf(), `${code} ${JSON.stringify(log.entries.at(-1))}`).to.equal(first);
    }
  });

  it("are retired from a process in which one leaves a timer or a server, and the log says so", async () => {
    for (const code of [
      "setInterval(() => {}, 1000)",
      `require("node:http").createServer().listen(0, "127.0.0.1"); await new Promise((go) => setTimeout(go, 20))`,
    ]) {
      const before = await processOf();
      const leaving = start(code);
      await leaving.outcome;
      expect(await processOf()).not.to.equal(before);
      const { jobId, reason } = log.entries.filter(({ event }) => event === "handler-retired").at(-1)!.fields;
      expect(jobId).to.equal(leaving.id);
      expect(reason).to.match(/^The job left at work: (Timeout|TCPServerWrap)/);
    }
  });

  it("are killed, with the figures, where they and what they start hold too much memory", async () => {
    await runner.close();
    runner = await createRunner(250);
    const good = start("await new Promise((resolve) => setTimeout(resolve, 2000)); return 1");
    const own = run(
      `const held = []; for (;;) { held.push(Buffer.alloc(30_000_000, 1)); await new Promise((go) => setTimeout(go, 20)); }`,
    );
    const started = run(
      `require("node:child_process").execSync("node -e 'const held = []; setInterval(() => held.push(Buffer.alloc(30000000, 1)), 20)'")`,
    );
    for (const outcome of [await own, await started]) {
      expect(outcome).to.deep.include({ kind: "failed", isPermanent: false });
      expect(outcome).to.have.nested.property("error.name", "OutOfMemory");
      expect(outcome)
        .to.have.nested.property("error.message")
        .that.matches(/with what it started it held \d+ MB, of which a job may hold 250 MB/);
    }
    expect(await good.outcome).to.deep.equal(succeeded(1));
  });

  it("die with a worker that is killed, whatever sessions they are in", async () => {
    const file = path.join(folder, "pid");
    const script = path.join(folder, "worker.cjs");
    const parts = path.join(__dirname, "helpers/runnerParts");
    writeFileSync(
      script,
      `require(${JSON.stringify(require.resolve("../support/loader.cjs"))});
       const { createRunnerParts } = require(${JSON.stringify(parts)});
       const { HandlerRunner } = require(${JSON.stringify(path.join(__dirname, "../../worker-image/src/handlers/javascript/handlerRunner"))});
       const runner = new HandlerRunner({ ...createRunnerParts(), maxHeapMegabytes: 64,
         entryPath: ${JSON.stringify(path.join(distFolder, "handlerMain.js"))},
         modulePath: ${JSON.stringify(path.join(fixturesFolder, "code.cjs"))} });
       const code = 'require("node:child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 300"], { detached: true, stdio: "ignore" }); for (;;);';
       runner.start().then(() => runner.run({ id: "a", type: "b", payload: { code }, attempt: 1, submittedAt: "" },
         new AbortController().signal, { onProgress() {}, onLog() {} }));
       setInterval(() => { if (require("node:fs").existsSync(${JSON.stringify(file)})) process.kill(process.pid, "SIGKILL"); }, 20);`,
    );
    try {
      execFileSync(process.execPath, [script], { cwd: path.join(__dirname, "../.."), stdio: "ignore" });
    } catch {
      // It was killed.
    }
    const pid = await pidIn(file);
    await ended(pid);
  });
});
