import { once } from "node:events";
import { expect } from "chai";
import { renderLine } from "../../cli/logLines";
import { render } from "../../cli/output/styled";
import { writeRunFile } from "../../local-cloud/runFile";
import { type CannedAnswer, type CannedApi, type SeenRequest, startCannedApi } from "../client/support";
import { jsonOf, runCli, spawnCli } from "./support";

const token = "run-token";
const job = { id: "a", type: "greet", state: "running", attempts: 2, submittedAt: "2026-11-24T00:00:00.000Z" };
const ended = { ...job, state: "succeeded" };

/** A line as a worker writes it, so many seconds after midnight. */
function line(seconds: number, fields: object, stream = "i-1") {
  const at = Date.parse("2026-11-24T00:00:00.000Z") + seconds * 1_000;
  return { at, stream, line: JSON.stringify({ time: new Date(at).toISOString(), jobId: "a", ...fields }) };
}

const said = (seconds: number, attempt: number, message: string) =>
  line(seconds, { level: "info", event: "job-log", attempt, message });

/** The visible text of a line, less the time. */
const shown = (fields: object) => render(renderLine(line(0, fields)), false).replace(/^.* i-1 /, "");

describe("batch-jobs logs", () => {
  const lines = [said(1, 1, "one"), said(2, 1, "two"), said(60, 2, "three")];
  let api: CannedApi;
  let forget: () => void;
  let answer: (request: SeenRequest) => CannedAnswer;

  before(async () => {
    api = await startCannedApi((request) => answer(request));
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const endpoint = "http://127.0.0.1:9/";
    const rest = {
      pid: process.pid,
      token,
      endpoint,
      region: "us-east-1",
      credentials,
      authorization: "none",
    } as const;
    forget = writeRunFile({ url: api.url, ...rest });
  });

  after(async () => {
    forget();
    await api.close();
  });

  beforeEach(() => {
    answer = ({ path }) => ({ body: path.startsWith("/_local/") ? { lines } : job });
  });

  const logs = (...args: string[]) => runCli(["logs", "a", "--url", api.url, ...args], { env: { TZ: "UTC" } });
  const messages = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((each) => each.split(" ").at(-1));

  it("shows the lines of one attempt", async () => {
    expect(messages((await logs()).stdout)).to.deep.equal(["one", "two", "three"]);
    expect(messages((await logs("--attempt", "1")).stdout)).to.deep.equal(["one", "two"]);
    expect(messages((await logs("--attempt", "2")).stdout)).to.deep.equal(["three"]);
    expect(await logs("--attempt", "3")).to.include({ code: 0, stdout: "" });
    expect(jsonOf(await logs("--attempt", "2", "--json"))).to.deep.equal({ lines: [lines[2]] });
    expect(api.requests.at(-1)!.headers.authorization).to.equal(`Bearer ${token}`);
  });

  it("shows the lines since a time, or since so long ago", async () => {
    expect(messages((await logs("--since", "2026-11-24T00:00:02Z")).stdout)).to.deep.equal(["two", "three"]);
    expect(messages((await logs("--since", "2026-11-24T00:00:02Z", "--attempt", "1")).stdout)).to.deep.equal(["two"]);
    answer = ({ path }) => {
      const now = said((Date.now() - Date.parse("2026-11-24T00:00:00.000Z")) / 1_000, 1, "now");
      return { body: path.startsWith("/_local/") ? { lines: [...lines, now] } : job };
    };
    expect(messages((await logs("--since", "1h")).stdout)).to.deep.equal(["now"]);
  });

  it("refuses invalid attempts and times before it sends a request", async () => {
    const asked = api.requests.length;
    for (const args of [
      ["--attempt", "0"],
      ["--attempt", "one"],
      ["--since", "yesterday"],
      ["--since", "10"],
      ["--follow", "--json"],
    ]) {
      const { code, stderr } = await logs(...args);
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.include("Expected");
    }
    expect(api.requests.length).to.equal(asked);
  });

  it("continues until the job has ended and its last lines have arrived, and shows each line once", async () => {
    // Lines of two workers, which arrive out of order; two are equal.
    const batches = [
      [said(1, 1, "one")],
      [said(1, 1, "one"), said(1, 1, "one"), said(3, 1, "three")],
      [said(1, 1, "one"), said(1, 1, "one"), said(2, 2, "two"), said(3, 1, "three")],
    ];
    let looks = 0;
    answer = ({ path }) => {
      if (path.startsWith("/_local/")) return { body: { lines: batches[Math.min(looks++, batches.length - 1)] } };
      return { body: looks < 2 ? job : ended };
    };
    const { stdout, code } = await logs("--follow");
    expect(code).to.equal(0);
    expect(messages(stdout)).to.deep.equal(["one", "one", "three", "two"]);
    expect(looks).to.equal(4);
    looks = 0;
    expect(messages((await logs("-f", "--attempt", "2")).stdout)).to.deep.equal(["two"]);
  });

  it("follows until Ctrl-C", async () => {
    const run = spawnCli(["logs", "a", "--follow", "--url", api.url], {
      onStart: (child) => void once(child.stdout!, "data").then(() => child.kill("SIGINT")),
    });
    const { code, stdout } = await run;
    expect(code).to.equal(130);
    expect(messages(stdout)).to.deep.equal(["one", "two", "three"]);
  });
});

describe("a line of the logs, in short", () => {
  it("is what the handler wrote, after its attempt", () => {
    expect(shown({ event: "handler-output", stream: "stderr", attempt: 1, message: "no disk" })).to.equal(
      "handler-output #1 stderr no disk",
    );
    expect(shown({ event: "job-log", attempt: 2, message: "read", fields: { rows: 3, of: "a b" } })).to.equal(
      'job-log #2 read rows=3 of="a b"',
    );
  });

  it("has an error's reason once, and its stack below, a frame a line", () => {
    const stack = "TypeError: no\ntext\n    at read (/app/a.js:1:2)\n    at main (/app/b.js:3:4)";
    const frames = "\n    at read (/app/a.js:1:2)\n    at main (/app/b.js:3:4)";
    const error = { name: "TypeError", message: "no\ntext", stack };
    const event = { event: "job-failed", attempt: 1, jobType: "greet" };
    const head = "job-failed #1 TypeError: no\ntext";
    expect(shown({ ...event, error })).to.equal(head + frames);
    expect(shown({ ...event, reason: "TypeError: no\ntext", error, runMs: 2 })).to.equal(`${head} runMs=2${frames}`);
    expect(shown({ ...event, reason: "no attempts left", error })).to.equal(
      `${head} reason="no attempts left"${frames}`,
    );
    expect(shown({ ...event, error: { name: "TypeError", message: "no\ntext" } })).to.equal(head);
  });

  it("shows an error of another shape as it is", () => {
    for (const error of ["text", null, 1, {}, { name: "x" }, { message: 1, name: "x" }]) {
      expect(shown({ event: "odd", error })).to.equal(`odd error=${error === "text" ? "text" : JSON.stringify(error)}`);
    }
    expect(shown({ event: "odd", error: { name: "A", message: "b", stack: 1 } })).to.equal("odd A: b");
  });
});
