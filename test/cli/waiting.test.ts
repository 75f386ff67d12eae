import { expect } from "chai";
import { Command } from "commander";
import { renderJob, renderJobs, waitingText } from "../../cli/output/jobTables";
import { render } from "../../cli/output/styled";
import type { Session } from "../../cli/session";
import { waitForJobs } from "../../cli/waitForJobs";
import type { Job, Waiting, WaitOptions } from "../../client/index";
import { writeRunFile } from "../../local-cloud/runFile";
import { type CannedApi, startCannedApi } from "../client/support";
import { jsonOf, runCli } from "./support";

const at = "2026-11-24T00:00:00.000Z";
const soon = "2026-11-24T00:10:00.000Z";
const queued: Job = { id: "a", type: "t", state: "queued", attempts: 0, submittedAt: at };
const noWorkers: Waiting = { reason: "no-workers", detail: "There is no\nhandler", until: soon, asOf: at };
const unknown: Waiting = { reason: "unknown", detail: "It waits for a worker", since: at, asOf: at };
const behind: Waiting = {
  ...{ reason: "behind", detail: "All slots are busy: 1, of 1 instance", since: at, ahead: 7, estimatedStartAt: soon },
  asOf: at,
};
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

describe("batch-jobs, while a job waits", () => {
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
    expect(waitingText(behind)).to.equal(
      `behind: All slots are busy: 1, of 1 instance; about 7 wait (since ${at}, starts by ${soon})`,
    );
    expect(waitingText({ reason: "delayed", detail: "Its time", asOf: at })).to.equal("delayed: Its time");
    const list = (waiting: Waiting) => render(renderJobs([{ ...queued, waiting }]), false);
    expect(list(noWorkers)).to.match(/ no workers: There is no handler$/);
    expect(list(behind)).to.match(/ behind: All slots are busy: 1, of 1 instance$/);
    expect(list(unknown)).not.to.include("worker");
  });

  it("says why in place of log lines, or below those of earlier attempts, to programs on standard error", async () => {
    for (const lines of [[], [{ at, source: "w", level: "info", event: "job-log", message: "it failed" }]]) {
      api = await startCannedApi(({ path }) => ({
        body: path.includes("/logs") ? { lines } : { ...queued, waiting: noWorkers },
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

  it("says why at the timeout", async () => {
    api = await startCannedApi(() => ({ body: { ...queued, waiting: unknown } }));
    const { code, stderr } = await runCli(["wait", "a", "--timeout", "0.1", "--url", api.url]);
    expect(code).to.equal(4);
    expect(stderr).to.include(`still queued after 0.1 s\n  It waits: ${sentences.unknown}\n`);
  });

  it("says why whenever the client reports it, to programs on standard error, and once for many jobs with one reason", async () => {
    const wait = (id: string, { onWaiting }: WaitOptions) => {
      const job = { ...queued, id };
      for (const waiting of [noWorkers, unknown]) onWaiting!(waiting, job);
      return Promise.resolve({ ...job, state: "succeeded" });
    };
    const session = { client: { wait }, isJson: true } as unknown as Session;
    const waitFor = (ids: string[]) => {
      const program = new Command("wait").action(async () => void (await waitForJobs(session, ids)));
      return runCli([], {}, program);
    };
    const one = await waitFor(["a"]);
    const lines = [sentences.noWorkers, sentences.unknown].map((sentence) => `… Job a waits: ${sentence}\n`);
    expect(one).to.include({ code: 0, stderr: lines.join("") });
    expect(jsonOf(one)).to.include({ id: "a", state: "succeeded" });
    const many = await waitFor(Array.from({ length: 20 }, (_, index) => `many-${index}`));
    const alike = [sentences.noWorkers, sentences.unknown].map(
      (sentence) => `… Job many-0 of t, and perhaps others, waits: ${sentence}\n`,
    );
    expect(many).to.include({ code: 0, stderr: alike.join("") });
  });
});
