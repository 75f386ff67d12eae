import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { limits } from "../../../../contract/limits";
import { CommandRunner } from "../../../../worker-image/src/handlers/commands/commandRunner";
import { JobStopped, type RunOutcome } from "../../../../worker-image/src/handlers/runner";
import { isRunning, until } from "../../../local-cloud/support";
import { createRunnerParts } from "../../helpers/runnerParts";

describe("CommandRunner", () => {
  const runners: CommandRunner[] = [];
  const started = new WeakSet<CommandRunner>();
  let folder: string;

  before(() => (folder = mkdtempSync(path.join(tmpdir(), "commands "))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.close();
  });

  function createRunner(command: string[], environment: Record<string, string | undefined> = process.env) {
    const runner = new CommandRunner({ ...createRunnerParts(), command, environment, timeoutSeconds: 60 });
    runners.push(runner);
    return runner;
  }

  const job = {
    id: "job-1",
    type: "echo",
    payload: { text: "grüße" },
    attempt: 2,
    submittedAt: "2026-01-01T00:00:00Z",
  };

  /** Starts the command on a job, and notes what it reports. */
  async function start(command: string[], runner = createRunner(command), fields: object = {}) {
    if (!started.has(runner)) await runner.start();
    started.add(runner);
    const stopping = new AbortController();
    const progress: unknown[] = [];
    const lines: string[] = [];
    const checkpoints: string[] = [];
    const outcome: Promise<RunOutcome> = runner.run({ ...job, ...fields }, stopping.signal, {
      traceparent: "00-trace",
      onProgress: (...report) => progress.push(report),
      onCheckpoint: (json) => checkpoints.push(json),
      onLog: (level, line) => lines.push(`${level} ${line}`),
    });
    return {
      runner,
      outcome,
      progress,
      checkpoints,
      lines,
      stop: () => stopping.abort(new JobStopped("timeout", "too long")),
    };
  }

  const sh = (script: string) => ["sh", "-c", script];
  const js = (script: string) => [process.execPath, "-e", script];
  const outcomeOf = async (command: string[]) => (await start(command)).outcome;

  it("gives the job on standard input and in the environment, and takes the last line that is JSON", async () => {
    const before = Date.now();
    const outcome = await outcomeOf(
      js(`const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const { JOB_ID, JOB_TYPE, JOB_ATTEMPT, JOB_DEADLINE } = process.env;
        console.log("not JSON"); console.log("{}");
        console.log(JSON.stringify({ job, JOB_ID, JOB_TYPE, JOB_ATTEMPT, JOB_DEADLINE })); console.log("bye")`),
    );
    if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
    const { JOB_DEADLINE, ...rest } = outcome.result as { JOB_DEADLINE: string };
    expect(rest).to.deep.equal({ job, JOB_ID: "job-1", JOB_TYPE: "echo", JOB_ATTEMPT: "2" });
    expect(Date.parse(JOB_DEADLINE)).to.be.within(before + 60_000, Date.now() + 60_000);
    expect(new Date(JOB_DEADLINE).toISOString()).to.equal(JOB_DEADLINE);
  });

  it("keeps the worker's own variables to itself", async () => {
    const runner = createRunner(sh('echo "{\\"a\\": \\"$A$WORKER_TYPE\\"}"'), {
      ...process.env,
      A: "yes",
      WORKER_TYPE: "no",
    });
    expect(await (await start([], runner)).outcome).to.deep.equal({ kind: "succeeded", result: { a: "yes" } });
  });

  it("takes any JSON value as result, and none if there is none", async () => {
    for (const [text, result] of [
      ["42", 42],
      ["null", null],
      ['"a"', "a"],
      ["[1]", [1]],
      ["false", false],
    ] as const) {
      expect(await outcomeOf(sh(`echo '${text}'`))).to.deep.equal({ kind: "succeeded", result });
    }
    expect(await outcomeOf(sh('printf \'{"no": "line end"}\''))).to.deep.include({ result: { no: "line end" } });
    expect(await outcomeOf(sh("echo done"))).to.deep.equal({ kind: "succeeded", result: undefined });
    expect(await outcomeOf(["true"])).to.deep.equal({ kind: "succeeded", result: undefined });
  });

  it("keeps the objects and lists of lines that begin with `checkpoint`, and says of others why not", async () => {
    const { outcome, checkpoints, lines } = await start(
      js(`console.log('checkpoint {"part": 1}'); console.log("checkpoint  [2, 3]");
        console.log("checkpoint reached"); console.log("checkpoint 4"); console.log('{"result":');
        console.log('checkpoint {"part": 5'); console.log('checkpoint {"part": 12345678901234567890}');
        console.log('checkpoint ["' + "x".repeat(32765) + '"]'); console.log("checkpoint [" + "1,".repeat(600000) + "1]");
        console.log('{"ok": true}')`),
    );
    expect(await outcome).to.deep.equal({ kind: "succeeded", result: { ok: true } });
    expect(checkpoints).to.deep.equal(['{"part":1}', "[2,3]"]);
    expect(lines.slice(0, 2)).to.deep.equal(["info checkpoint reached", "info checkpoint 4"]);
    const refused = lines.filter((line) => line.startsWith("warn"));
    const because = [
      "JSON at position",
      "reading it would change it at /part",
      "got 32769",
      "a line of 1200014 characters",
    ];
    expect(refused).to.have.length(because.length);
    because.forEach((reason, index) => expect(refused[index]).to.include("the one before stays").and.include(reason));
  });

  it("gives a command the checkpoint in the job, and in a file of the name that JOB_CHECKPOINT has", async () => {
    const script = sh('cat; if [ -f "$JOB_CHECKPOINT" ]; then cat "$JOB_CHECKPOINT"; else echo none; fi >&2');
    const before = await start(script, createRunner(script), { checkpoint: { part: 1 } });
    expect(await before.outcome).to.have.nested.property("result.checkpoint.part", 1);
    expect(before.lines).to.deep.equal(['warn {"part":1}']);
    const first = await start(script);
    expect(await first.outcome).to.not.have.nested.property("result.checkpoint");
    expect(first.lines).to.deep.equal(["warn none"]);
  });

  it("reports progress and logs other lines", async () => {
    const { outcome, progress, lines } = await start(
      sh(
        "echo progress 0.25; echo 'progress .5 half way'; echo progress 2; echo progress 50%; echo hello; echo oh >&2",
      ),
    );
    expect((await outcome).kind).to.equal("succeeded");
    expect(progress).to.deep.equal([
      [0.25, undefined],
      [0.5, "half way"],
    ]);
    expect(lines).to.have.members(["info progress 2", "info progress 50%", "info hello", "warn oh"]);
  });

  it("rejects for good on exit code 3, with what standard error says", async () => {
    const error = { name: "Rejected", message: "no such thing" };
    expect(await outcomeOf(sh("echo no such thing >&2; exit 3"))).to.deep.equal({
      kind: "failed",
      error,
      isPermanent: true,
    });
    expect(await outcomeOf(sh("exit 3"))).to.have.nested.property(
      "error.message",
      "The command rejected the job (exit code 3)",
    );
  });

  it("gives the job back on exit code 4", async () => {
    expect(await outcomeOf(sh("echo licence in use >&2; exit 4"))).to.deep.equal({
      kind: "given-back",
      reason: "licence in use",
    });
  });

  it("fails on any other code or signal, with what standard error says", async () => {
    const failed = (message: string) => ({
      kind: "failed",
      error: { name: "CommandFailed", message },
      isPermanent: false,
    });
    expect(await outcomeOf(sh("exit 1"))).to.deep.equal(failed("The command ended with exit code 1"));
    expect(await outcomeOf(sh("for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 77"))).to.deep.equal(
      failed(
        "The command ended with exit code 77; on standard error: line 1 | line 2 | line 3 | line 4 | line 5 | line 6 | line 7",
      ),
    );
    expect(await outcomeOf(sh("kill -s SEGV $$"))).to.deep.equal(failed("The command was ended by SIGSEGV"));
    expect(await outcomeOf(sh("kill -s KILL $$"))).to.deep.equal(
      failed("The command was ended by SIGKILL, as happens where memory runs out"),
    );
  });

  it("logs what looked like a result where the command failed", async () => {
    const { outcome, lines } = await start(sh("echo '{\"a\":1}'; exit 1"));
    expect((await outcome).kind).to.equal("failed");
    expect(lines).to.deep.equal(['info {"a":1}']);
  });

  it("ends on SIGTERM when stopped, and only then resolves", async () => {
    const file = path.join(folder, "ended");
    const { outcome, lines, stop } = await start(
      sh(`trap 'sleep 0.2; echo bye > "${file}"; exit 0' TERM; echo ready; while :; do sleep 0.05; done`),
    );
    await until(() => lines.includes("info ready"));
    stop();
    expect(await outcome).to.deep.equal({ kind: "stopped" });
    expect(readFileSync(file, "utf8")).to.equal("bye\n");
  });

  it("kills what ignores SIGTERM, grandchildren included, after the grace, or at once if told to", async () => {
    const script = `trap '' TERM; (trap '' TERM; sleep 60) & echo "pids $$ $!"; wait`;
    const { runner, outcome, lines, stop } = await start(sh(script));
    await until(() => lines.length > 0);
    const pids = lines[0]!.split(" ").slice(2).map(Number);
    runner.killNow();
    expect(pids.every(isRunning)).to.equal(true);
    const begun = Date.now();
    stop();
    setTimeout(() => runner.killNow(), 200);
    expect(await outcome).to.deep.equal({ kind: "stopped" });
    expect(Date.now() - begun).to.be.below(2_800);
    await until(() => !pids.some(isRunning));

    const patient = await start(sh(script));
    await until(() => patient.lines.length > 0);
    const stopped = Date.now();
    patient.stop();
    expect(await patient.outcome).to.deep.equal({ kind: "stopped" });
    expect(Date.now() - stopped).to.be.within(2_800, 30_000);
  });

  it("does not wait for grandchildren that hold the pipes, and ends them", async () => {
    const begun = Date.now();
    const { outcome, lines } = await start(sh("sleep 600 & echo $!; echo '{}'; exit 0"));
    expect(await outcome).to.deep.equal({ kind: "succeeded", result: {} });
    expect(Date.now() - begun).to.be.lessThan(300_000);
    await until(() => !isRunning(Number(lines[0]!.split(" ")[1])));
  });

  it("does not wait for what left the group either, and ends it", async () => {
    const begun = Date.now();
    const script = `const child = require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "inherit" });
      console.log("pid " + child.pid); child.unref(); process.exit(0)`;
    const { outcome, lines } = await start(js(script));
    expect((await outcome).kind).to.equal("succeeded");
    expect(Date.now() - begun).to.be.lessThan(300_000);
    await until(() => !isRunning(Number(lines[0]!.split(" ")[2])));
  });

  it("bounds what it keeps of huge output", async () => {
    const { outcome, lines } = await start(
      js(`process.stdout.write("x".repeat(3e7) + "\\n"); process.stderr.write("y".repeat(1e6) + "\\n");
        console.log('{"ok":true}')`),
    );
    expect(await outcome).to.deep.equal({ kind: "succeeded", result: { ok: true } });
    expect(lines.map((line) => line.length).every((length) => length < 4_100)).to.equal(true);
    expect(lines.join()).to.include("… (30000000 characters)").and.to.include("… (1000000 characters)");
  });

  it("leaves out a result that is too large, and never takes an earlier line for it", async () => {
    for (const characters of [limits.maxResultBytes + 10, 3_000_000]) {
      const outcome = await outcomeOf(
        js(`console.log("{}"); console.log(JSON.stringify(["x".repeat(${characters})]))`),
      );
      expect(outcome).to.deep.include({ kind: "succeeded", result: undefined });
      expect(outcome).to.have.nested.property("omitted.bytes", characters + 4);
      expect(outcome).to.have.nested.property("omitted.reason").that.includes("at most 65536");
    }
  });

  it("takes a result of several lines whole, and fails for good what only looks like one", async () => {
    const pretty = `echo '{"words":120,"pages":[1,2,3]}' | ${process.execPath} -p 'JSON.stringify(JSON.parse(fs.readFileSync(0)), null, 2)'`;
    expect(await outcomeOf(sh(pretty))).to.deep.equal({
      kind: "succeeded",
      result: { words: 120, pages: [1, 2, 3] },
    });
    for (const script of [`echo 17; echo '{"mean": NaN}'`, `echo "{'mean': 1.5}"`, `echo '[1,'; echo 2`]) {
      const outcome = await outcomeOf(sh(script));
      expect(outcome, script).to.deep.include({ kind: "failed", isPermanent: true });
      expect(outcome, script).to.have.nested.property("error.name", "ResultError");
    }
  });

  it("takes the result from the file, where there is one, and logs the rest", async () => {
    const written = await start(sh(`echo '{"pages":3}' > "$JOB_RESULT_FILE"; echo '{"level":"info"}'; echo '[1,'`));
    expect(await written.outcome).to.deep.equal({ kind: "succeeded", result: { pages: 3 } });
    expect(written.lines).to.deep.equal(['info {"level":"info"}', "info [1,"]);
    expect(await outcomeOf(sh(`: > "$JOB_RESULT_FILE"; echo 7`))).to.deep.equal({ kind: "succeeded", result: 7 });
    const large = await outcomeOf(
      js(`require("fs").writeFileSync(process.env.JOB_RESULT_FILE, JSON.stringify("x".repeat(3e6)))`),
    );
    expect(large).to.have.nested.property("omitted.bytes", 3_000_002);
    for (const [script, message] of [
      [`echo '{"mean": NaN}' > "$JOB_RESULT_FILE"; echo 1`, /no NaN/],
      ["printf '\\377' > \"$JOB_RESULT_FILE\"", /UTF-8/],
      [`mkdir "$JOB_RESULT_FILE"`, /something else/],
      [`mkfifo "$JOB_RESULT_FILE"`, /something else/],
    ] as const) {
      const outcome = await outcomeOf(sh(script));
      expect(outcome, script).to.have.nested.property("error.name", "ResultError");
      expect(outcome, script).to.have.nested.property("error.message").that.matches(message);
    }
    const failed = await start(sh(`echo 1 > "$JOB_RESULT_FILE"; exit 1`));
    expect((await failed.outcome).kind).to.equal("failed");
  });

  it("says of a failure what matters, without the frames of stack traces", async () => {
    const reasonOf = async (command: string[]) => {
      const outcome = await outcomeOf(command);
      if (outcome.kind !== "failed") throw new Error(`Expected a failure, got ${JSON.stringify(outcome)}`);
      return outcome.error.message;
    };
    const node = await reasonOf(js("function a() { throw new Error('the invoice 17 has no lines') } a()"));
    expect(node)
      .to.include("Error: the invoice 17 has no lines")
      .and.not.include("    at ")
      .and.not.include("Node.js v");
    const java = await reasonOf(
      sh(`echo 'Exception in thread main IllegalStateException: Template invoice-2024 not found' >&2
        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf '\tat com.example.App.run(App.java:%s)\n' $i >&2; done; exit 1`),
    );
    expect(java).to.match(/: Exception in thread main IllegalStateException: Template invoice-2024 not found$/);
    expect(await reasonOf(sh("echo FATAL: no such table; exit 9"))).to.equal(
      "The command ended with exit code 9; on standard output: FATAL: no such table",
    );
    const long = await reasonOf(
      sh(
        "echo first >&2; for i in $(seq 100); do echo line $i >&2; done; echo 'panic: row 7' >&2; for i in $(seq 100); do echo more $i >&2; done; exit 1",
      ),
    );
    expect(long).to.match(/first \| line 1 \| … \| panic: row 7 \| … \| more 96 \| .* \| more 100$/);
    const flood = await reasonOf(
      js(`console.error("error ".repeat(1e6)); console.error("x".repeat(1e6)); process.exit(1)`),
    );
    expect(flood).to.have.length.at.most(limits.maxErrorCharacters);
  });

  it("takes no harm from input that isn't read, output that isn't UTF-8, and Windows line ends", async () => {
    const large = "z".repeat(5_000_000);
    const unread = await start(sh("exec 0<&-; echo '{}'"), undefined, { payload: large });
    expect(await unread.outcome).to.deep.equal({ kind: "succeeded", result: {} });
    const { outcome, lines } = await start(sh(`printf '\\377\\376 odd\\n{"a":1}\\r\\n'`));
    expect(await outcome).to.deep.equal({ kind: "succeeded", result: { a: 1 } });
    expect(lines).to.deep.equal(["info \ufffd\ufffd odd"]);
  });

  it("says at the start what is wrong with a command", async () => {
    const plain = path.join(folder, "plain");
    writeFileSync(plain, "#!/bin/sh\n");
    const problemOf = (name: string, environment?: Record<string, string>) =>
      createRunner([name], environment)
        .start()
        .then(
          () => "nothing",
          (error: Error) => error.message,
        );
    expect(await problemOf("no-such-command", { PATH: "/bin:/usr/bin" })).to.equal(
      'There is no command "no-such-command" in the image: looked in /bin, /usr/bin',
    );
    expect(await problemOf("/no/such/file")).to.equal("The command can't be run: /no/such/file doesn't exist");
    expect(await problemOf(folder)).to.equal(`The command can't be run: ${folder} is no file`);
    if (process.getuid?.() !== 0) {
      expect(await problemOf(plain)).to.equal(`The command can't be run: ${plain} may not be executed`);
    }
    chmodSync(plain, 0o755);
    expect(await problemOf(plain)).to.equal("nothing");
    expect(await problemOf("plain", { PATH: `/nowhere:${folder}` })).to.equal("nothing");
  });

  it("fails the job where the process can't be started", async () => {
    const file = path.join(folder, "vanishing");
    writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
    const runner = createRunner([file]);
    await runner.start();
    rmSync(file);
    expect(existsSync(file)).to.equal(false);
    const outcome = await runner.run(job, new AbortController().signal, {
      traceparent: "",
      onProgress() {},
      onLog() {},
    });
    expect(outcome).to.deep.include({ kind: "failed", isPermanent: false });
    expect(outcome).to.have.nested.property("error.name", "CommandNotStarted");
  });

  it("runs several at once, and closing kills them", async () => {
    const runner = createRunner(sh("echo pid $$; sleep 60"));
    const runs = [await start([], runner), await start([], runner), await start([], runner)];
    await until(() => runs.every(({ lines }) => lines.length > 0));
    await runner.close();
    for (const { outcome } of runs) expect((await outcome).kind).to.equal("failed");
  });
});
