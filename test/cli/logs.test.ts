import { once } from "node:events";
import { expect } from "chai";
import { renderLine } from "../../cli/logLines";
import { render } from "../../cli/output/styled";
import type { LogLine } from "../../client/index";
import { type CannedAnswer, type CannedApi, type SeenRequest, startCannedApi } from "../client/support";
import { jsonOf, runCli, spawnCli } from "./support";

const job = { id: "a", type: "greet", state: "running", attempts: 2, submittedAt: "2026-11-24T00:00:00.000Z" };

/** A line of a handler's, so many seconds after midnight. */
function said(seconds: number, attempt: number, message: string): LogLine {
  const at = new Date(Date.parse("2026-11-24T00:00:00.000Z") + seconds * 1_000).toISOString();
  return { at, source: "i-1", level: "info", event: "job-log", attempt, message };
}

/** The visible text of a line, less the time. */
function shown(line: Partial<LogLine>): string {
  const at = new Date().toISOString();
  return render(renderLine({ at, source: "i-1", level: "info", event: "job-log", ...line }), false).replace(
    /^\d\d:\d\d:\d\d /,
    "",
  );
}

describe("batch-jobs logs", () => {
  const lines = [said(1, 1, "one"), said(2, 1, "two"), said(60, 2, "three")];
  let api: CannedApi;
  let answer: (request: SeenRequest) => CannedAnswer;

  before(async () => {
    api = await startCannedApi((request) => answer(request));
  });
  after(() => api.close());

  beforeEach(() => {
    answer = ({ path }) => ({ body: path.includes("/logs") ? { lines } : job });
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
    expect(JSON.parse((await logs("--attempt", "2", "--full")).stdout)).to.deep.equal(lines[2]);
  });

  it("shows the lines since a time, or since so long ago", async () => {
    expect(messages((await logs("--since", "2026-11-24T00:00:02Z")).stdout)).to.deep.equal(["two", "three"]);
    expect(messages((await logs("--since", "2026-11-24T00:00:02Z", "--attempt", "1")).stdout)).to.deep.equal(["two"]);
    const now = { ...said(0, 1, "now"), at: new Date().toISOString() };
    answer = ({ path }) => ({ body: path.includes("/logs") ? { lines: [...lines, now] } : job });
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

  it("reads page after page, and follows from cursor to cursor until there is none", async () => {
    const pages = [
      { lines: [lines[0]], cursor: "1", more: true },
      { lines: [lines[1]], cursor: "2", more: true },
      { lines: [], cursor: "3" },
      { lines: [lines[2]] },
    ];
    answer = ({ path }) => {
      const [, after = 0] = /after=(\d)/.exec(path) ?? [];
      return { body: path.includes("/logs") ? pages[Number(after)] : job };
    };
    expect(messages((await logs()).stdout)).to.deep.equal(["one", "two"]);
    const { stdout, code } = await logs("--follow");
    expect(code).to.equal(0);
    expect(messages(stdout)).to.deep.equal(["one", "two", "three"]);
    expect(messages((await logs("-f", "--attempt", "2")).stdout)).to.deep.equal(["three"]);
  });

  it("follows until Ctrl-C", async () => {
    answer = ({ path }) => ({ body: path.includes("/logs") ? { lines, cursor: "1" } : job });
    const run = spawnCli(["logs", "a", "--follow", "--url", api.url], {
      onStart: (child) => void once(child.stdout!, "data").then(() => child.kill("SIGINT")),
    });
    const { code, stdout } = await run;
    expect(code).to.equal(130);
    expect(messages(stdout)).to.deep.equal(["one", "two", "three"]);
  });
});

describe("a line of the logs, in short", () => {
  it("is what the handler wrote, after its attempt, or else an event of its source", () => {
    expect(
      shown({ event: "handler-output", level: "warn", stream: "stderr", attempt: 1, message: "no disk" }),
    ).to.equal("#1 stderr no disk");
    expect(shown({ attempt: 2, message: "read", fields: { rows: 3, of: "a b" } })).to.equal('#2 read rows=3 of="a b"');
    expect(shown({ event: "job-routed", source: "router", fields: { queueUrl: "q" } })).to.equal("router job-routed");
    expect(shown({ event: "job-kept", level: "warn", fields: { after: 1 } })).to.equal("i-1 warn job-kept after=1");
  });

  it("has an error's reason once, and its stack below, a frame a line", () => {
    const stack = "TypeError: no\ntext\n    at read (/app/a.js:1:2)\n    at main (/app/b.js:3:4)";
    const frames = "\n    at read (/app/a.js:1:2)\n    at main (/app/b.js:3:4)";
    const error = { name: "TypeError", message: "no\ntext", stack };
    const failed = (fields: Record<string, unknown>) => shown({ event: "job-failed", attempt: 1, fields });
    const head = "#1 job-failed TypeError: no\ntext";
    expect(failed({ error })).to.equal(head + frames);
    expect(failed({ reason: "TypeError: no\ntext", error, runMs: 2 })).to.equal(`${head} runMs=2${frames}`);
    expect(failed({ reason: "no attempts left", error })).to.equal(`${head} reason="no attempts left"${frames}`);
    expect(failed({ error: { name: "TypeError", message: "no\ntext" } })).to.equal(head);
  });

  it("has an error that is none as it is", () => {
    const odd = (error: unknown) => shown({ event: "odd", fields: { error } });
    for (const error of ["text", null, 1, {}, { name: "x" }, { message: 1, name: "x" }]) {
      expect(odd(error)).to.equal(`i-1 odd error=${error === "text" ? "text" : JSON.stringify(error)}`);
    }
    expect(odd({ name: "A", message: "b", stack: 1 })).to.equal("i-1 odd A: b");
  });
});
