import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { mock } from "node:test";
import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { writeRunFile } from "../../local-cloud/runFile";
import { type CannedApi, problem, startCannedApi } from "../client/support";
import { runCli, spawnCli } from "./support";

describe("batch-jobs finds the API", () => {
  let api: CannedApi;
  let folder: string;

  before(async () => {
    api = await startCannedApi(() => ({ body: { types: [] } }));
    folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  });

  after(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  const install = (script: string) => {
    writeFileSync(join(folder, "pulumi"), `#!${process.execPath}\n${script}`);
    chmodSync(join(folder, "pulumi"), 0o755);
    return { PATH: folder };
  };

  /** A `pulumi` that knows the stack `dev`, selected, with the outputs. */
  function installPulumi(outputs: object): Record<string, string> {
    return install(`const args = process.argv.slice(2).join(" ");
if (args === "stack output --json" || args === "stack output --json --stack dev") {
  console.log(${JSON.stringify(JSON.stringify(outputs))});
} else {
  console.error("error: no stack named '" + args.replace(/.* /, "") + "' found");
  process.exit(255);
}`);
  }

  /** A `pulumi` that hangs, whatever it is sent, as long as this process is there; `runs` and `ended` say so. */
  async function installHangingPulumi() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = install(`for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => undefined);
process.stdin.resume().once("end", () => {
  require("node:net").connect(${port}, "127.0.0.1").on("close", () => process.exit());
});
setInterval(() => undefined, 1_000);`);
    const runs = once(server, "connection") as Promise<[Socket]>;
    const ended = runs.then(async ([socket]) => {
      socket.on("error", () => undefined).resume();
      await once(socket, "close");
      server.close();
    });
    return { env, runs, ended };
  }

  it("by --url before all else, and by BATCH_JOBS_URL", async () => {
    const env = installPulumi({ url: "http://127.0.0.1:1" });
    const given = await runCli(["types", "--url", api.url], { env: { ...env, BATCH_JOBS_URL: "http://127.0.0.1:1" } });
    expect(given.code).to.equal(0);
    expect((await runCli(["types"], { env: { ...env, BATCH_JOBS_URL: api.url } })).code).to.equal(0);
  });

  it("by the selected stack, and by one that is named, whatever BATCH_JOBS_URL says", async () => {
    const env = installPulumi({ url: api.url });
    expect((await runCli(["types"], { env })).code).to.equal(0);
    const named = await runCli(["types", "--stack", "dev"], { env: { ...env, BATCH_JOBS_URL: "http://127.0.0.1:1" } });
    expect(named.code).to.equal(0);
  });

  it("as several: by --url given again, by commas, and by an output that is a list", async () => {
    const job = { id: "a", type: "t", state: "queued", attempts: 0, submittedAt: "2026-11-24T00:00:00.000Z" };
    const other = await startCannedApi(({ path }) =>
      path.startsWith("/jobs?") ? { body: { jobs: [job] } } : { body: job },
    );
    const first = await startCannedApi(({ path }) =>
      path.startsWith("/jobs?") ? { body: { jobs: [] } } : problem(404, "job-not-found", "none"),
    );
    const given = ["--url", first.url, "--url", other.url];
    const runs: [string[], Record<string, string>][] = [
      [given, {}],
      [[], { BATCH_JOBS_URL: `${first.url}, ${other.url}` }],
      [["--output", "urls"], installPulumi({ urls: [first.url, other.url] })],
    ];
    for (const [args, env] of runs) {
      const status = await runCli(["status", "a", "--json", ...args], { env });
      expect(JSON.parse(status.stdout)).to.include({ id: "a", url: other.url });
      const list = await runCli(["list", "--json", ...args], { env });
      expect((JSON.parse(list.stdout) as { jobs: object[] }).jobs).to.deep.equal([{ ...job, url: other.url }]);
    }
    const console = await runCli(["console", ...given]);
    expect(console).to.include({ code: 2 });
    expect(console.stderr).to.include("Expected one URL, got 2");
    await Promise.all([first.close(), other.close()]);
  });

  describe("of a local run", () => {
    const home = process.cwd();
    let forget: (() => void)[] = [];
    const types = (cwd: string, env: Record<string, string>, ...args: string[]) => {
      process.chdir(cwd);
      return runCli(["types", ...args], { env });
    };
    afterEach(() => {
      process.chdir(home);
      forget.forEach((each) => each());
      forget = [];
    });
    const run = (url: string, project: string, pid = process.pid, outputs?: Record<string, string[]>) => {
      const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
      const rest = { endpoint: url, region: "eu-west-1", authorization: "none", token: "token", credentials } as const;
      forget.push(writeRunFile({ pid, folder: project, url, outputs, ...rest }));
    };
    /** A process id of the past. */
    const gone = spawnSync(process.execPath, ["--version"]).pid;

    it("in the project's folder and below, of the nearest project, before the selected stack", async () => {
      const env = installPulumi({ url: "http://127.0.0.1:1" });
      const within = join(realpathSync(folder), "project", "jobs");
      mkdirSync(within, { recursive: true });
      run("http://127.0.0.1:2/", realpathSync(folder));
      run(api.url, dirname(within));
      for (const cwd of [dirname(within), within]) expect((await types(cwd, env)).code).to.equal(0);
      const named = await types(within, env, "--stack", "dev");
      expect(named.stderr).to.include("127.0.0.1:1");
      mkdirSync(`${dirname(within)}-other`);
      expect((await types(`${dirname(within)}-other`, env)).stderr).to.include("127.0.0.1:2");
    });

    it("unless it has ended; of several, the user chooses", async () => {
      const env = installPulumi({ url: api.url });
      run("http://127.0.0.1:2/", realpathSync(folder), gone);
      expect((await types(folder, env)).code).to.equal(0);
      run("http://127.0.0.1:3/", realpathSync(folder));
      run("http://127.0.0.1:4/", realpathSync(folder));
      const { code, stderr } = await types(folder, env);
      expect(code).to.equal(1);
      expect(stderr).to.include("http://127.0.0.1:3/, http://127.0.0.1:4/").and.include("--url http://127.0.0.1:3/");
    });

    it("of several of one run, by the output that holds them, in its order", async () => {
      const outputs = { urls: [api.url, "http://127.0.0.1:3/"] };
      run("http://127.0.0.1:3/", realpathSync(folder), process.pid, outputs);
      run(api.url, realpathSync(folder), process.pid, outputs);
      run("http://127.0.0.1:4/", realpathSync(folder), process.pid, { other: ["http://127.0.0.1:4/"] });
      expect((await types(folder, {}, "--output", "urls")).code).to.equal(0);
      expect(api.requests.at(-1)).to.include({ path: "/types" });
      expect((await types(folder, {}, "--output", "other")).stderr).to.include("127.0.0.1:4");
      const { code, stderr } = await types(folder, {});
      expect(code).to.equal(1);
      expect(stderr).to.include("--output urls, --output other");
      run("http://127.0.0.1:5/", realpathSync(folder), process.ppid, { url: ["http://127.0.0.1:5/"] });
      expect((await types(folder, {}, "--output", "urls")).stderr).to.include("has several APIs on this machine");
    });
  });

  it("by another output's name, and says which there are", async () => {
    const env = installPulumi({ jobsUrl: api.url, topicArn: "arn" });
    const missing = await runCli(["types"], { env });
    expect(missing.code).to.equal(1);
    expect(missing.stderr).to.include("no output url").and.include("jobsUrl, topicArn").and.include("--output");
    expect((await runCli(["types", "--output", "jobsUrl"], { env })).code).to.equal(0);
  });

  it("or prints Pulumi's error, and what to do", async () => {
    const env = installPulumi({ url: api.url });
    const { code, stderr } = await runCli(["types", "--stack", "nowhere"], { env });
    expect(code).to.equal(1);
    expect(stderr).to.include("no stack named 'nowhere' found").and.include("--url URL").and.include("BATCH_JOBS_URL");
  });

  it("or says that there is no Pulumi CLI, and what to do", async () => {
    const { code, stderr } = await runCli(["types"], { env: { PATH: join(folder, "nothing") } });
    expect(code).to.equal(1);
    expect(stderr).to.include("No API is named").and.include("--url URL");
  });

  it("or says that Pulumi doesn't answer, ends it, and says what to do", async () => {
    const { env, runs, ended } = await installHangingPulumi();
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      // Node's warning of these timers is not of the run.
      await setImmediate();
      const running = runCli(["types", "--json", "--stack", "dev"], { env });
      await runs;
      mock.timers.tick(60_000);
      const { code, stdout, stderr } = await running;
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr).to.include("pulumi stack output --json --stack dev gave no outputs within 60 s");
      expect(stderr).to.include("--url URL").and.include("BATCH_JOBS_URL");
    } finally {
      mock.timers.reset();
    }
    await ended;
  });

  it("until Ctrl-C, which ends Pulumi too", async () => {
    const { env, runs, ended } = await installHangingPulumi();
    let child: ChildProcess | undefined;
    const running = spawnCli(["types", "--json"], { env, onStart: (started) => (child = started) });
    await runs;
    child!.kill("SIGINT");
    const { code, stdout, stderr } = await running;
    expect({ code, stdout }).to.deep.equal({ code: 130, stdout: "" });
    expect(stderr).to.include("Stopped");
    await ended;
  });

  it("and refuses invalid URLs", async () => {
    for (const url of ["abc", "ftp://x", "127.0.0.1:3000"]) {
      expect(await runCli(["types", "--url", url]), url).to.include({ code: 2 });
    }
    const { code, stderr } = await runCli(["types"], { env: { BATCH_JOBS_URL: "abc" } });
    expect(code).to.equal(1);
    expect(stderr).to.include('Expected BATCH_JOBS_URL as an http or https URL, got "abc"');
  });
});
