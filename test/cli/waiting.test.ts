import { type ChildProcess } from "node:child_process";
import { expect } from "chai";
import { renderJob, renderJobs, waitingText } from "../../cli/output/jobTables";
import { render } from "../../cli/output/styled";
import type { Job, Waiting } from "../../client/index";
import { writeRunFile } from "../../local-cloud/runFile";
import { type CannedApi, type SeenRequest, startCannedApi } from "../client/support";
import { runCli } from "./support";

const at = "2026-11-24T00:00:00.000Z";
const soon = "2026-11-24T00:10:00.000Z";
const queued: Job = { id: "a", type: "t", state: "queued", attempts: 0, submittedAt: at };
const noWorkers: Waiting = { reason: "no-workers", detail: "There is no\nhandler", until: soon, asOf: at };
const unknown: Waiting = { reason: "unknown", detail: "It waits for a worker", since: at, asOf: at };
const sentences = {
  noWorkers: `no workers: There is no handler (until ${soon})`,
  unknown: `It waits for a worker (since ${at})`,
};

/** Leaves word of a local cloud at the URL; gives what takes it away. */
function runAt(url: string): () => void {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const more = { endpoint: url, region: "eu-west-1", authorization: "none" as const };
  return writeRunFile({ pid: process.pid, url, token: "token", credentials, ...more });
}

describe("batch-jobs, where a job waits", () => {
  let api: CannedApi | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });

  it("says why in tables", () => {
    const shown = (waiting?: Waiting) => render(renderJob({ ...queued, waiting }), false);
    expect(shown(noWorkers)).to.match(/^waiting +no workers: There is no handler \(until 2026/m);
    expect(shown(unknown)).to.match(/^waiting +It waits for a worker \(since 2026/m);
    expect(shown()).not.to.include("waiting");
    expect(waitingText({ reason: "delayed", detail: "Its time", asOf: at })).to.equal("delayed: Its time");
    const list = (waiting: Waiting) => render(renderJobs([{ ...queued, waiting }]), false);
    expect(list(noWorkers)).to.match(/ no workers: There is no handler$/);
    expect(list(unknown)).not.to.include("worker");
  });

  it("says why in place of lines, or below those of attempts before, to programs on standard error", async () => {
    for (const lines of [[], [{ at: 0, stream: "w", line: "it failed" }]]) {
      api = await startCannedApi(({ path }) => ({
        body: path.startsWith("/_local") ? { lines } : { ...queued, waiting: noWorkers },
      }));
      const removeRun = runAt(api.url);
      const people = await runCli(["logs", "a", "--url", api.url]);
      expect(people).to.deep.include({ code: 0, stderr: `… Job a waits: ${sentences.noWorkers}\n` });
      expect(people.stdout.includes("it failed")).to.equal(lines.length > 0);
      const programs = await runCli(["logs", "a", "--json", "--url", api.url]);
      expect(JSON.parse(programs.stdout)).to.deep.equal({ lines });
      expect(programs.stderr).to.equal(people.stderr);
      removeRun();
      await api.close();
      api = undefined;
    }
  });

  it("says why with the time that is over", async () => {
    api = await startCannedApi(() => ({ body: { ...queued, waiting: unknown } }));
    const { code, stderr } = await runCli(["wait", "a", "--timeout", "0.1", "--url", api.url]);
    expect(code).to.equal(4);
    expect(stderr).to.include(`still queued after 0.1 s\n  It waits: ${sentences.unknown}\n`);
  });

  it("says why when it has been waited for a while, whenever that changes, and on standard error alone", async () => {
    const seen = new Map<string, string>();
    const answer = ({ method, path }: SeenRequest) => {
      const id = path.split("/").pop()!;
      const text = seen.get(id.startsWith("many") ? "many" : id) ?? "";
      const waiting = text.includes(sentences.noWorkers) ? unknown : noWorkers;
      const isOver = text.includes(sentences.unknown);
      const job = { ...queued, id, ...(isOver ? { state: "succeeded" } : { waiting }) };
      return method === "POST" ? { status: 202, body: { ...queued, id: "people" } } : { body: job };
    };
    const canned = (api = await startCannedApi(answer));
    const run = (id: string, ...args: string[]) => {
      const onData = (chunk: unknown) => seen.set(id, (seen.get(id) ?? "") + String(chunk));
      const onStart = (child: ChildProcess) => void child.stderr!.on("data", onData);
      return runCli([...args, "--url", canned.url], { onStart });
    };
    const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    const [people, programs, many] = await Promise.all([
      run("people", "submit", "t", "1", "--wait"),
      run("programs", "wait", "programs", "--json"),
      run("many", "wait", ...ids, "--json"),
    ]);
    for (const [id, { code, stderr }] of Object.entries({ people, programs })) {
      expect(code).to.equal(0);
      const lines = [sentences.noWorkers, sentences.unknown].map((sentence) => `… Job ${id} waits: ${sentence}\n`);
      expect(stderr).to.equal(lines.join(""));
    }
    expect(JSON.parse(programs.stdout)).to.include({ id: "programs", state: "succeeded" });
    // One line for all that wait alike.
    expect(many.code).to.equal(0);
    const [first, second, ...more] = many.stderr.trim().split("\n");
    expect(more).to.deep.equal([]);
    expect(first).to.match(/^… Job many-\d+ of t, and perhaps others, waits: no workers: /);
    expect(second).to.match(/^… Job many-\d+ of t, and perhaps others, waits: It waits for a worker/);
  });
});
