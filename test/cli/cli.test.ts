import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { cliMain, jsonOf, runCli, type RunOptions, spawnCli } from "./support";

const times = { submittedAt: "2026-11-24T00:00:00.000Z", startedAt: "2026-11-24T00:00:01.000Z" };
const running = { id: "a", type: "word-count", state: "running", attempts: 1, ...times };
const succeeded = { ...running, state: "succeeded", result: { words: 2 }, finishedAt: "2026-11-24T00:00:02.000Z" };
const resultOmitted = { bytes: 300_000, sha256: "0a".repeat(32), reason: "larger than 240,000 bytes" };
const tooLarge = { ...running, state: "succeeded", resultOmitted, finishedAt: "2026-11-24T00:00:02.000Z" };
const failed = { ...running, state: "failed", attempts: 3, error: { name: "TypeError", message: "no\ntext" } };
const accepted = { status: 202, body: { id: "a", type: "word-count", state: "queued" } };

describe("batch-jobs", () => {
  let api: CannedApi | undefined;

  afterEach(() => api?.close());

  const run = async (
    args: string[],
    answer: (request: SeenRequest, index: number) => CannedAnswer,
    more?: RunOptions,
  ) => {
    await api?.close();
    api = await startCannedApi(answer);
    return runCli([...args, "--url", api.url], more);
  };

  describe("submit", () => {
    it("takes the payload from the argument, a file and standard input", async () => {
      const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
      try {
        const file = join(folder, "a payload.json");
        writeFileSync(file, '\ufeff{"text": "ä"}\n');
        for (const [args, input] of [
          [['{"text": "ä"}'], ""],
          [["--file", file], "not read"],
          [["--file", "-"], '{"text": "ä"}'],
          [[], '{"text": "ä"}\n'],
        ] as const) {
          const { code, stdout } = await run(["submit", "word-count", ...args], () => accepted, { input });
          expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: 0, stdout: "a\n" });
          expect(api!.requests[0]!.body).to.deep.equal({ type: "word-count", payload: { text: "ä" } });
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it("passes on id, delay, time and tenant", async () => {
      const answered = await run(
        ["submit", "t", "1", "--id", "a", "--delay", "5", "--tenant", "x", "--json"],
        () => accepted,
      );
      expect(jsonOf(answered)).to.deep.equal({ id: "a", type: "word-count", state: "queued" });
      const job = { type: "t", payload: 1, id: "a", tenant: "x" };
      expect(api!.requests[0]!.body).to.deep.equal({ ...job, delaySeconds: 5 });
      await run(["submit", "t", "null", "--run-at", "2026-12-24T18:00:00+01:00"], () => accepted);
      expect(api!.requests[0]!.body).to.deep.include({ payload: null, runAt: "2026-12-24T17:00:00.000Z" });
    });

    it("waits for the end where asked to, and shows it", async () => {
      const answer = ({ method }: SeenRequest, index: number) =>
        method === "POST" ? accepted : { body: index < 3 ? running : succeeded };
      const { code, stdout } = await run(["submit", "word-count", "{}", "--wait"], answer);
      expect(code).to.equal(0);
      expect(stdout)
        .to.match(/^state +succeeded$/m)
        .and.match(/^result +\{"words":2\}$/m);
      expect(jsonOf(await run(["submit", "word-count", "{}", "--wait", "--json"], answer))).to.deep.equal(succeeded);
    });

    it("submits each line as a job, and says which were refused", async () => {
      const answer = ({ body }: SeenRequest) => ({
        body: {
          results: (body.jobs as { id: string; payload: unknown }[]).map(({ id, payload }) =>
            payload === 2
              ? { status: 422, id, problem: { code: "invalid-payload", status: 422, detail: "2 is too much" } }
              : { status: 202, id },
          ),
        },
      });
      const { code, stdout, stderr } = await run(["submit", "t", "--lines"], answer, { input: "1\n\n2\n3" });
      expect(code).to.equal(1);
      expect(stdout.trim().split("\n")).to.have.length(2);
      expect(stderr).to.include("Line 2 was refused: 2 is too much");
    });

    it("refuses invalid payloads and options with exit code 2, before it sends a request", async () => {
      for (const [args, input, text] of [
        [["{text}"], "", /Expected JSON as PAYLOAD: .*\n.*A text needs quotes/],
        [[], "", /Expected JSON on standard input, got nothing/],
        [[], "{", /Expected JSON on standard input: /],
        [["--lines"], "1\n{", /standard input, line 2/],
        [["1", "--file", "x"], "", /PAYLOAD or --file, got both/],
        [["1", "--delay", "1", "--run-at", "2026-12-24"], "", /--delay or --run-at/],
        [
          ["1", "--delay", "1.5"],
          "",
          /^✖ Expected a whole number of seconds from 0 up as --delay <seconds>, got "1.5"/,
        ],
        [["1", "--run-at", "noon"], "", /ISO 8601/],
        [["1", "--run-at", "2026-02-30T12:00:00Z"], "", /ISO 8601/],
        [["1", "--timeout", "5"], "", /--timeout together with --wait/],
        [["1", "--lines", "--id", "x"], "", /an id is for one job/],
        [["1", "2"], "", /^✖ Expected 2 arguments of submit, got 3/],
        [["1", "--nonsense"], "", /^✖ Expected an option that there is, got --nonsense/],
      ] as const) {
        const { code, stdout, stderr } = await run(["submit", "t", ...args], () => accepted, { input });
        expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: 2, stdout: "" });
        expect(stderr).to.match(text);
        expect(api!.requests).to.have.length(0);
      }
    });

    it("says which file can't be read", async () => {
      const { code, stderr } = await run(["submit", "t", "--file", "/no/such.json"], () => accepted);
      expect(code).to.equal(1);
      expect(stderr).to.include("/no/such.json");
    });

    it("says what the API refused, field by field, and what to do", async () => {
      const errors = [{ path: "/payload/text", message: "must be a text" }];
      const refused = await run(["submit", "t", "{}"], () =>
        problem(422, "invalid-payload", "It is wrong", { errors }),
      );
      expect(refused).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: "✖ It is wrong\n  /payload/text: must be a text\n",
      });
      const unknown = await run(["submit", "t", "{}"], () => problem(422, "unknown-type", "Expected a type"));
      expect(unknown.stderr).to.include("batch-jobs types");
    });
  });

  it("retries jobs, each by itself, and replays one", async () => {
    const retried = await run(["retry", "a", "b"], ({ path }) =>
      path.includes("/b/")
        ? problem(409, "job-succeeded", "Job b is succeeded")
        : { status: 202, body: { ...running, id: "a" } },
    );
    expect(retried.code).to.equal(1);
    expect(retried.stdout).to.match(/Job a is running/);
    const replayed = await run(["replay", "a", "--payload", '{"n": 1}', "--type", "t"], () => ({
      status: 202,
      body: { id: "new", type: "t", state: "queued" },
    }));
    expect(replayed).to.include({ code: 0, stdout: "new\n" });
    expect(api!.requests[0]!.body).to.deep.equal({ payload: { n: 1 }, type: "t" });
  });

  it("removes the data of jobs, each by itself", async () => {
    const removed = await run(["remove-data", "a", "b", "c"], ({ path }) =>
      path.includes("/b/")
        ? problem(409, "job-not-ended", "Job b is running: its data is in use")
        : { body: { ...running, state: "failed", id: path.split("/").at(-2) } },
    );
    expect(removed).to.deep.equal({
      code: 1,
      stdout: "✔ The data of job a is removed\n✔ The data of job c is removed\n",
      stderr: "✖ Job b is running: its data is in use\n",
    });
    expect(api!.requests.map(({ method, path }) => `${method} ${path}`)).to.include("DELETE /jobs/c/data");
  });

  it("submits labels, and shows what a job was, each attempt within 80 columns", async () => {
    const labelled = await run(["submit", "t", "1", "--label", "a=1", "--label", "b=x=y"], () => accepted);
    expect(labelled.code).to.equal(0);
    expect(api!.requests[0]!.body).to.deep.include({ labels: { a: "1", b: "x=y" } });
    expect((await run(["submit", "t", "1", "--label", "a"], () => accepted)).code).to.equal(2);
    const at = (seconds: number) => new Date(Date.UTC(2_026, 0, 1) + seconds * 1_000).toISOString();
    const times = { startedAt: at(1), endedAt: at(3.5) };
    const attempt = { attempt: 1, worker: "i-0123456789abcdef0", ...times, outcome: "given-back" as const };
    const error = { name: "GivenBack", message: "busy ".repeat(50) };
    const attemptLog = [attempt, { ...attempt, error }, { ...attempt, attempt: 2, outcome: "lost" as const }];
    const shown = {
      ...running,
      payload: { text: "ä" },
      labels: { a: "1", b: "2" },
      submittedBy: "123 user/ann",
      attemptLog,
    };
    const { stdout } = await run(["status", "a"], () => ({ body: shown }));
    expect(stdout)
      .to.match(/^payload +\{"text":"ä"\}$/m)
      .and.match(/^labels +a=1 b=2$/m)
      .and.match(/^submitted +\S+ by 123 user\/ann$/m)
      .and.match(/^earlier +#1 given back after 2\.5 s on i-0123456789abcdef0$/m)
      .and.match(/^ +#1 given back after 2\.5 s on i-0123456789abcdef0: GivenBack: b.*…$/m)
      .and.match(/^ +#2 lost after 2\.5 s on i-0123456789abcdef0$/m);
    for (const line of stdout.split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(jsonOf(await run(["status", "a", "--json"], () => ({ body: shown })))).to.deep.equal(shown);
  });

  describe("status", () => {
    it("shows a job, for people and for programs", async () => {
      const { stdout } = await run(["status", "a"], () => ({
        body: { ...running, progress: { fraction: 0.5, note: "half\n" } },
      }));
      expect(stdout)
        .to.match(/^id +a$/m)
        .and.match(/^state +running$/m)
        .and.match(/^progress +50 % half$/m);
      expect(jsonOf(await run(["status", "a", "--json"], () => ({ body: running })))).to.deep.equal(running);
    });

    it("says why the result of a job was left out, as wait does, and that the job succeeded", async () => {
      for (const args of [["status"], ["wait"]]) {
        const { code, stdout } = await run([...args, "a"], () => ({ body: tooLarge }));
        expect(code).to.equal(0);
        expect(stdout)
          .to.match(/^state +succeeded$/m)
          .and.match(/^result +left out: larger than 240,000 bytes$/m);
        expect(jsonOf(await run([...args, "a", "--json"], () => ({ body: tooLarge })))).to.deep.equal(tooLarge);
      }
      const several = await run(["wait", "a", "b", "--json"], ({ path }) => ({
        body: { ...tooLarge, id: path.split(/[/?]/)[2] },
      }));
      expect(jsonOf(several)).to.deep.equal({ jobs: [tooLarge, { ...tooLarge, id: "b" }] });
      expect((await run(["list"], () => ({ body: { jobs: [tooLarge] } }))).stdout).to.match(
        /^a +word-count +succeeded/m,
      );
    });

    it("exits with 3 if there is no such job", async () => {
      const { code, stderr } = await run(["status", "a"], () => problem(404, "job-not-found", 'No job has the id "a"'));
      expect(code).to.equal(3);
      expect(stderr).to.include('No job has the id "a"');
      expect((await run(["status", "../x"], () => accepted)).code).to.equal(3);
    });

    it("exits with 1 if jobs are not tracked", async () => {
      expect((await run(["status", "a"], () => problem(404, "tracking-off", "No records"))).code).to.equal(1);
    });
  });

  describe("wait", () => {
    it("says in which lines of the handler's own a job failed, as status does", async () => {
      const frames = ["check (jobs/a.ts:8:11)", "handle (jobs/a.ts:2:3)"];
      const body = { ...failed, error: { ...failed.error, code: "E_NO", frames } };
      for (const command of ["wait", "status"]) {
        const { stdout } = await run([command, "a"], () => ({ body }));
        expect(stdout).to.match(/^thrown at +check \(jobs\/a\.ts:8:11\)\n +handle \(jobs\/a\.ts:2:3\)$/m);
        const { stdout: json } = await run([command, "a", "--json"], () => ({ body }));
        expect(JSON.parse(json)).to.deep.include({ error: body.error });
      }
    });

    it("exits with 1 and the reason if a job failed or was cancelled", async () => {
      const { code, stdout, stderr } = await run(["wait", "a"], () => ({ body: failed }));
      expect(code).to.equal(1);
      expect(stdout).to.match(/^state +failed$/m);
      expect(stderr).to.equal("✖ Job a failed after 3 attempts: TypeError: no text\n");
      const cancelled = await run(["wait", "a"], () => ({ body: { ...running, state: "cancelled" } }));
      expect(cancelled).to.include({ code: 1, stderr: "✖ Job a was cancelled\n" });
    });

    it("waits for several", async () => {
      const answer = ({ path }: SeenRequest) => ({
        body: path.startsWith("/jobs/b?") ? { ...failed, id: "b" } : succeeded,
      });
      const { code, stdout, stderr } = await run(["wait", "a", "b", "a"], answer);
      expect(code).to.equal(1);
      expect(stdout.split("\n")[1]).to.match(/^a +word-count +succeeded/);
      expect(stdout.split("\n")[2]).to.match(/^b +word-count +failed .*TypeError: no text$/);
      expect(stderr).to.match(/^✖ Job b failed[^\n]*\n$/);
    });

    it("exits with 4 at the timeout, and says how to continue", async () => {
      for (const ids of [["a"], ["a", "b"]]) {
        const { code, stdout, stderr } = await run(["wait", ...ids, "--timeout", "0.3"], () => ({ body: running }));
        expect({ code, stdout }).to.deep.equal({ code: 4, stdout: "" });
        expect(stderr)
          .to.include("is still running after 0.3 s")
          .and.include(`batch-jobs wait ${ids.join(" ")}`);
      }
    });

    it("exits at once on Ctrl-C, and says how to continue", async () => {
      const onStart = (child: ChildProcess) => {
        const timer = setInterval(() => {
          if (!api?.requests.length) return;
          clearInterval(timer);
          child.kill("SIGINT");
        }, 20);
      };
      for (const answer of [{ body: running }, "hang"] as const) {
        await api?.close();
        api = await startCannedApi(() => answer);
        const { code, stdout, stderr } = await spawnCli(["wait", "a", "--url", api.url], { onStart });
        expect({ code, stdout }).to.deep.equal({ code: 130, stdout: "" });
        expect(stderr).to.include("nothing was cancelled").and.include("batch-jobs wait a");
      }
    });
  });

  describe("cancel", () => {
    it("prints the outcome of each job, and exits with the code of the worst", async () => {
      const answer = ({ path }: SeenRequest): CannedAnswer =>
        path === "/jobs/a"
          ? { status: 202, body: { ...running, state: "cancelled" } }
          : path === "/jobs/b"
            ? { status: 202, body: { ...running, id: "b" } }
            : problem(404, "job-not-found", "No job has the id c");
      const { code, stdout, stderr } = await run(["cancel", "a", "b", "c"], answer);
      expect(code).to.equal(3);
      expect(stdout)
        .to.match(/Job a is cancelled/)
        .and.match(/Job b is running and was asked to stop/);
      expect(stderr).to.include("No job has the id c");
    });

    it("exits with 1 if the job has ended in another state", async () => {
      const { code, stderr } = await run(["cancel", "a"], ({ method }) =>
        method === "GET" ? { body: succeeded } : problem(409, "job-finished", "Job a has ended"),
      );
      expect(code).to.equal(1);
      expect(stderr).to.include("Job a has ended");
    });
  });

  describe("list", () => {
    it("reads pages until it has as many jobs as requested", async () => {
      const answer = ({ path }: SeenRequest) => {
        const { searchParams } = new URL(path, "http://x");
        const limit = Number(searchParams.get("limit"));
        const from = Number(searchParams.get("cursor") ?? 0);
        const jobs = Array.from({ length: limit }, (_, index) => ({ ...running, id: `j${from + index}` }));
        return { body: { jobs, cursor: String(from + limit) } };
      };
      const { jobs, cursor } = jsonOf<{ jobs: { id: string }[]; cursor: string }>(
        await run(["list", "--limit", "250", "--type", "t", "--state", "failed", "--json"], answer),
      );
      expect(jobs.map(({ id }) => id)).to.deep.equal(Array.from({ length: 250 }, (_, index) => `j${index}`));
      expect(cursor).to.equal("250");
      expect(api!.requests[0]!.path).to.equal("/jobs?type=t&state=failed&limit=100");
    });

    it("asks for a tenant's jobs, with a label, since a time", async () => {
      const options = ["--tenant", "acme", "--label", "campaign=a=b", "--since", "2026-11-02T09:00:00Z"];
      await run(["list", ...options], () => ({ body: { jobs: [] } }));
      expect(api!.requests[0]!.path).to.equal(
        "/jobs?tenant=acme&label=campaign%3Aa%3Db&limit=20&from=2026-11-02T09%3A00%3A00.000Z",
      );
      expect(await run(["list", "--label", "spring"], () => accepted)).to.include({ code: 2 });
    });

    it("shows a table, and that there is more", async () => {
      const { stdout, stderr } = await run(["list", "--limit", "1"], () => ({
        body: { jobs: [failed], cursor: "next" },
      }));
      expect(stdout).to.match(
        /^ID +TYPE +STATE +ATTEMPTS +SUBMITTED +NOTE\na +word-count +failed +3 +2026[^ ]+ +TypeError: no text\n$/,
      );
      expect(stderr).to.include("--cursor next");
      expect((await run(["list"], () => ({ body: { jobs: [] } }))).stdout).to.equal("No jobs\n");
    });

    it("refuses invalid states and counts", async () => {
      expect(await run(["list", "--state", "done"], () => accepted)).to.include({ code: 2 });
      expect(await run(["list", "--limit", "0"], () => accepted)).to.include({ code: 2 });
    });
  });

  it("lists the types, and why no worker starts", async () => {
    const type = { type: "word-count", timeoutSeconds: 60, maxAttempts: 3, description: "Counts" };
    const body = { types: [type, { ...type, type: "other", launchProblem: "no capacity" }] };
    const { stdout } = await run(["types"], () => ({ body }));
    expect(stdout)
      .to.match(/^word-count +60 s +3 +Counts$/m)
      .and.match(/^other .*no worker starts: no capacity/m);
    expect(jsonOf(await run(["types", "--json"], () => ({ body })))).to.deep.equal(body);
  });

  it("lists schedules with their next times", async () => {
    const own = { type: "report", expression: "cron(0 3 * * ? *)" };
    const schedules = [
      { ...own, name: "nightly", next: ["2026-11-03T03:00:00.000Z", "2026-11-04T03:00:00.000Z"] },
      { ...own, name: "over", next: [] },
      { ...own, name: "often", expression: "rate(5 minutes)" },
    ];
    const { stdout } = await run(["schedules"], () => ({ body: { schedules } }));
    expect(stdout)
      .to.match(/^NAME +TYPE +EXPRESSION +TIME ZONE +NEXT$/m)
      .and.match(/^nightly .* UTC +2026-11-03T03:00:00.000Z$/m)
      .and.match(/^over .* never again$/m)
      .and.match(/^often .* UTC$/m);
    expect(jsonOf(await run(["schedules", "--json"], () => ({ body: { schedules } })))).to.deep.equal({ schedules });
  });

  it("shows a type's history, and why its capacity changed", async () => {
    const same = { waiting: 3, running: 0, inService: 0, pending: 2, desired: 2 };
    const counts = [
      { at: "2026-11-02T10:00:07.000Z", ...same, reason: "backlog" },
      { at: "2026-11-02T10:01:07.000Z", ...same, desired: 0, reason: "idle" },
    ];
    const body = { type: "word-count", counts };
    const { stdout } = await run(["types", "history", "word-count"], () => ({ body }));
    expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).to.deep.equal([
      ["TIME", "WAITING", "RUNNING", "INSTANCES", "STARTING", "WANTED", "WHY"],
      [counts[0]!.at, "3", "0", "0", "2", "2", "jobs waited"],
      [counts[1]!.at, "3", "0", "0", "2", "0", "idle instances ended"],
      [""],
    ]);
    expect(api!.requests[0]).to.include({ method: "GET", path: "/types/word-count/history?minutes=60" });
    const longer = ["types", "history", "word-count", "--minutes", "90", "--json"];
    expect(jsonOf(await run(longer, () => ({ body })))).to.deep.equal(body);
    expect(api!.requests[0]!.path).to.match(/\?minutes=90$/);
    const other = await run(["types", "history", "x"], () => ({ body: { type: "x" } }));
    expect(other.stderr).to.include("Expected a type's history from the API");
  });

  it("has help with examples for every command, and exits with 2 without a command", async () => {
    const { code, stdout } = await runCli(["--help"]);
    expect(code).to.equal(0);
    expect(stdout).to.include("Exit codes");
    const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(([, name]) => name!);
    expect(commands).to.include.members(["submit", "status", "list", "cancel", "wait", "types"]);
    for (const name of commands.filter((each) => each !== "help")) {
      expect((await runCli([name, "--help"])).stdout, name)
        .to.include("Examples:")
        .and.include("--url <url>");
    }
    expect((await runCli([])).code).to.equal(2);
    expect((await runCli(["nonsense"])).code).to.equal(2);
  });

  it("says that nothing answers, or that something other than the API does", async () => {
    const unreachable = await spawnCli(["types", "--url", "http://127.0.0.1:1"]);
    expect(unreachable.code).to.equal(1);
    expect(unreachable.stderr).to.include("Could not reach http://127.0.0.1:1").and.include("Is the URL right");
    const other = await run(["types"], () => ({ body: "<html>" }));
    expect(other.stderr).to.include("Expected the answer of a batch job API");
  });

  it("signs requests if told to, and takes a token", async () => {
    const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
    await run(["types", "--sign", "--region", "eu-west-1"], () => ({ body: { types: [] } }), { env: keys });
    expect(api!.requests[0]!.headers.authorization).to.match(/AKIDEXAMPLE\/\d+\/eu-west-1\/execute-api/);
    await run(["types"], () => ({ body: { types: [] } }), { env: { ...keys, BATCH_JOBS_TOKEN: "t" } });
    expect(api!.requests[0]!.headers.authorization).to.equal("Bearer t");
    const without = await run(["types", "--sign", "--region", "eu-west-1"], () => ({ body: { types: [] } }));
    expect(without).to.include({ code: 1 });
    expect(without.stderr).to.include("No AWS credentials to sign with").and.include("AWS_PROFILE");
  });
});

describe("batch-jobs, its options and messages", () => {
  let api: CannedApi | undefined;
  const stop = async () => {
    await api?.close();
    api = undefined;
  };
  afterEach(stop);

  const run = async (args: string[], answer: (request: SeenRequest) => CannedAnswer, more?: RunOptions) => {
    await stop();
    api = await startCannedApi(answer);
    return runCli([...args, "--url", api.url], more);
  };

  it("prints its version", async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
    for (const option of ["--version", "-V"]) {
      expect(await runCli([option])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
    }
    expect(await spawnCli(["--version"])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("says an unknown type once, with the nearest and all that there are", async () => {
    const message = 'Expected a job type that GET /types lists, got "wordcount"';
    const types = ["word-count", "checksum"].map((type) => ({ type, timeoutSeconds: 60, maxAttempts: 3 }));
    const { stderr } = await run(["submit", "wordcount", "{}"], ({ method }) =>
      method === "POST"
        ? problem(422, "unknown-type", message, { errors: [{ path: "/type", message }] })
        : { body: { types } },
    );
    expect(stderr).to.equal(
      '✖ Expected a job type that there is, got "wordcount"; did you mean word-count?\n' +
        "  There are word-count, checksum; batch-jobs types says more\n",
    );
  });

  it("says a field's problem once", async () => {
    const message = "Expected a whole number from 0 to 31536000, got 1.5";
    const errors = [{ path: "/delaySeconds", message }];
    const { stderr } = await run(["submit", "t", "{}"], () => problem(400, "invalid-request", message, { errors }));
    expect(stderr).to.equal(`✖ ${message}\n`);
  });

  it("refuses every invalid command line with a message of one form", async () => {
    for (const [args, text] of [
      [["status"], "✖ Expected <id>, got none\n  See --help\n"],
      [["statsu", "a"], "✖ Expected a command, got statsu; did you mean status?\n  See --help\n"],
      [
        ["list", "--stat", "failed"],
        "✖ Expected an option that there is, got --stat; did you mean --state?\n  See --help\n",
      ],
      [["list", "--state"], "✖ Expected a value after --state <state>, got none\n  See --help\n"],
      [["status", "a", "b"], "✖ Expected 1 argument of status, got 2\n  See --help\n"],
      [["list", "--limit", "0"], '✖ Expected a whole number from 1 up as -n, --limit <count>, got "0"\n  See --help\n'],
      [["local", "--port", "x"], '✖ Expected a port from 0 to 65535 as --port <number>, got "x"\n  See --help\n'],
      [
        ["logs", "a", "--since", "soon"],
        /^✖ Expected how long ago, .* as --since <time>, got "soon"\n {2}See --help\n$/,
      ],
    ] as const) {
      const { code, stdout, stderr } = await runCli([...args]);
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: 2, stdout: "" });
      if (typeof text === "string") expect(stderr).to.equal(text);
      else expect(stderr).to.match(text);
    }
  });

  it("says the default of each option that takes a value", async () => {
    const { stdout } = await runCli(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(([, name]) => name!);
    const commands = names.filter((name) => !["help", "dead-letters", "actions"].includes(name)).map((name) => [name]);
    const letters = ["list", "show", "redrive", "purge"].map((name) => ["dead-letters", name]);
    for (const command of [...commands, ...letters, ["types", "history"], ["types", "retry"]]) {
      const help = (await runCli([...command, "--help"])).stdout;
      const [, options] = /\nOptions:\n(.*?)\n\n/s.exec(help) ?? [];
      const entries = (options ?? "")
        .split(/\n(?= {2}-)/)
        .filter((entry) => /<[a-z]+(\.\.\.)?>/.test(entry.split(/ {2,}/)[1]!));
      // What makes a selection: without it there is another.
      const chosen = /file|--type/;
      for (const entry of entries.filter((each) => !chosen.test(each))) {
        expect(entry.replace(/\s+/g, " "), `${command.join(" ")}: ${entry}`).to.match(/\(default: /);
      }
    }
  });

  it("keeps colours out of pipes and files, whatever CI says, and heeds NO_COLOR and FORCE_COLOR", async () => {
    const body = { jobs: [failed, running] };
    for (const [env, isColoured] of [
      [{ CI: "true" }, false],
      [{ CI: "true", NO_COLOR: "1", FORCE_COLOR: "1" }, false],
      [{ FORCE_COLOR: "0" }, false],
      [{ FORCE_COLOR: "1" }, true],
    ] as const) {
      const { stdout } = await run(["list"], () => ({ body }), { env: { ...env } });
      expect(stdout.includes("\u001b["), JSON.stringify(env)).to.equal(isColoured);
      const { stderr } = await run(["wait", "a"], () => ({ body: failed }), { env: { ...env } });
      expect(stderr.includes("\u001b["), JSON.stringify(env)).to.equal(isColoured);
    }
  });

  it("says in one line that the disk is full, and ends quietly if its output is closed", async function () {
    if (!existsSync("/dev/full")) this.skip();
    api = await startCannedApi(() => ({ body: { types: [] } }));
    for (const [target, code, text] of [
      ["> /dev/full", 1, /^✖ Could not write the output: ENOSPC[^\n]*\n$/],
      ["| true", 0, /^$/],
    ] as const) {
      const script = `"${process.execPath}" "${cliMain}" types --url ${api.url} ${target}`;
      const child = spawn("sh", ["-c", script], {
        env: { PATH: process.env.PATH },
        stdio: ["ignore", "ignore", "pipe"],
      });
      const stderr = await readAll(child.stderr);
      if (child.exitCode === null) await once(child, "exit");
      expect(stderr).to.match(text);
      expect(child.exitCode).to.equal(code);
    }
  });
});
