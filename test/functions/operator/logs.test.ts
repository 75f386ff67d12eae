import { expect } from "chai";
import fc from "fast-check";
import type { JobLogs } from "../../../contract/http/answers";
import type { JobRecord } from "../../../contract/records/record";
import type { LogEvent, LogSearch } from "../../../functions/operator/logs/logEvent";
import { FakeFrontend, wordCount } from "../support/fakeFrontend";

const start = Date.parse("2026-11-02T09:00:00Z");
const timeOf = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
const router = "2026/11/02/jobs-router-router-function-0a1b2c3[$LATEST]1";

/** A line that was written so many seconds after the job's submission. */
function line(seconds: number, fields: object, stream = "i-1", id = `${seconds} ${stream}`): LogEvent {
  const text = JSON.stringify({ time: timeOf(seconds), level: "info", jobId: "a", ...fields });
  return { id, timestamp: Math.round(start + seconds * 1_000), stream, text };
}

const said = (seconds: number, message: string, stream?: string) =>
  line(seconds, { event: "job-log", attempt: 1, jobType: "word-count", worker: stream, message }, stream);

describe("GET /jobs/{id}/logs", () => {
  /** Lines by log group, and the most of a page. */
  let groups: Record<string, LogEvent[]>;
  let pageSize: number;
  let searches: LogSearch[];
  let reserved: number[];
  let mayRead: boolean;
  let now: number;
  let frontend: FakeFrontend;

  function filterLogs(search: LogSearch) {
    searches.push(search);
    const { group, streams, from, until = Infinity, text, limit, next = "0" } = search;
    const found = groups[group]!.filter(
      (event) =>
        event.timestamp >= from &&
        event.timestamp <= until &&
        (streams?.includes(event.stream) ?? true) &&
        event.text.includes(text),
    ).sort((one, other) => one.timestamp - other.timestamp);
    const end = Number(next) + Math.min(limit, pageSize);
    const events = found.slice(Number(next), end);
    return Promise.resolve({ events, next: end < found.length ? String(end) : undefined });
  }

  const put = (fields: Partial<JobRecord>) =>
    frontend.put({ id: "a", type: "word-count", state: "running", attempts: 1, submittedAt: timeOf(0), ...fields });

  async function read(query: Record<string, string> = {}, extra: object = {}): Promise<JobLogs> {
    const { status, json } = await frontend.request("GET", "/jobs/a/logs", undefined, {
      queryStringParameters: query,
      ...extra,
    });
    expect(status, JSON.stringify(json)).to.equal(200);
    return json as JobLogs;
  }

  beforeEach(() => {
    [groups, pageSize, searches, reserved, mayRead] = [{ functions: [], workers: [] }, 10_000, [], [], true];
    now = start + 3_600_000;
    frontend = new FakeFrontend(
      {
        filterLogs,
        reserveSeconds: (seconds) => Promise.resolve(reserved.push(seconds) > 0 && mayRead),
        now: () => now,
      },
      [{ ...wordCount, logGroup: "workers" }],
    );
  });

  it("shows a job's whole way in order, with what a line doesn't say twice", async () => {
    put({ state: "succeeded", worker: "i-1", startedAt: timeOf(1), finishedAt: timeOf(3) });
    groups.functions = [
      line(0, { event: "job-accepted", jobType: "word-count" }, router.replaceAll("router", "frontend")),
      line(0.5, { event: "job-routed", jobIds: ["z", "a"], jobId: undefined }, router),
      line(0.5, { event: "job-routed", jobId: "ab" }, router, "of another"),
    ];
    const error = { name: "TypeError", message: "no" };
    groups.workers = [
      line(3, { event: "job-succeeded", attempt: 1, runMs: 2_000 }),
      line(1, { event: "job-started", attempt: 1, waitMs: 1_000, worker: "i-1" }),
      line(2, { event: "handler-output", attempt: 1, stream: "stderr", message: "odd", fields: { n: 1 }, error }),
    ];
    const { lines, cursor } = await read();
    expect(lines.map(({ at, source, event }) => [at, source, event])).to.deep.equal([
      [timeOf(0), "frontend", "job-accepted"],
      [timeOf(0.5), "router", "job-routed"],
      [timeOf(1), "i-1", "job-started"],
      [timeOf(2), "i-1", "handler-output"],
      [timeOf(3), "i-1", "job-succeeded"],
    ]);
    const source = "i-1";
    expect(lines[3]).to.deep.equal({
      ...{ at: timeOf(2), source, level: "info", event: "handler-output", attempt: 1, message: "odd" },
      ...{ stream: "stderr", fields: { n: 1, error } },
    });
    expect(cursor).to.equal(undefined);
    expect(reserved).to.deep.equal([2]);
  });

  it("searches within the record's times, and the streams of its attempts", async () => {
    const attempt = { attempt: 1, startedAt: timeOf(1), endedAt: timeOf(2), outcome: "failed" as const };
    put({ state: "failed", attemptLog: [{ ...attempt, worker: "i-0" }], worker: "i-1", finishedAt: timeOf(60) });
    await read();
    const bounds = { text: "a", limit: 100, from: start - 60_000, until: start + 180_000, next: undefined };
    expect(searches).to.deep.equal([
      { ...bounds, group: "functions" },
      { ...bounds, group: "workers", streams: ["i-0", "i-1"] },
    ]);
    searches = [];
    put({ state: "failed", attemptLog: Array(10).fill({ ...attempt, worker: "i-0" }), finishedAt: timeOf(60) });
    await read();
    expect(searches[1]).to.include({ streams: undefined });
    searches = [];
    put({ state: "queued", attempts: 0 });
    await read();
    put({ state: "queued", type: "gone", worker: "i-1" });
    await read();
    expect(searches.map(({ group, until }) => [group, until])).to.deep.equal(Array(2).fill(["functions", undefined]));
  });

  it("costs one call to follow a running job, and gives its end and what functions say of it", async () => {
    put({ worker: "i-2", leaseUntil: now + 60_000 });
    now = start + 5_000;
    groups.functions = [line(0, { event: "job-accepted" }, router)];
    groups.workers = [said(1, "one", "i-2")];
    const first = await read();
    expect(first.lines).to.have.length(2);
    [searches, reserved] = [[], []];
    groups.workers.push(said(6, "two", "i-2"), said(0.9, "late", "i-2"));
    now = start + 8_000;
    const second = await read({ after: first.cursor! });
    expect(second.lines.map(({ message }) => message)).to.deep.equal(["late", "two"]);
    expect(searches.map(({ group, streams }) => [group, streams])).to.deep.equal([["workers", ["i-2"]]]);
    expect(reserved).to.deep.equal([1]);
    const nothing = await read({ after: second.cursor! });
    expect(nothing).to.deep.equal({ lines: [], cursor: second.cursor });
    put({ state: "cancelled", worker: "i-2", finishedAt: timeOf(9) });
    groups.functions.push(line(7, { event: "completion-event-not-published", level: "warn" }, router));
    now = start + 10_000;
    const third = await read({ after: second.cursor! });
    expect(third.lines.map(({ event }) => event)).to.deep.equal(["completion-event-not-published"]);
    const waiting = await read({ after: third.cursor! });
    expect(waiting.cursor).to.equal(third.cursor);
    groups.workers.push(line(9, { event: "job-cancelled", attempt: 1 }, "i-2"));
    const fourth = await read({ after: waiting.cursor! });
    expect(fourth.lines.map(({ event }) => event)).to.deep.equal(["job-cancelled"]);
    expect(await read({ after: fourth.cursor! })).to.deep.equal({ lines: [] });
  });

  it("gives each line once, whatever the pages and whenever it arrives", async () => {
    const arrivals = fc.array(
      fc.record({ at: fc.nat(20), lag: fc.nat(20), isFunction: fc.boolean(), isOther: fc.boolean() }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 10, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        async (all, most, limit) => {
          groups = { functions: [], workers: [] };
          pageSize = most;
          const end = 25;
          const events = all.map(({ at, lag, isFunction, isOther }, index) => {
            const stream = isFunction ? router : "i-1";
            const text = { event: "job-log", message: String(index), ...(isOther && { jobId: "other", of: "a" }) };
            return { arrives: start + (at + lag) * 1_000, isFunction, event: line(at, text, stream, `event ${index}`) };
          });
          const given: string[] = [];
          let after: string | undefined;
          for (let second = 0; second < 200; second += 2) {
            now = start + second * 1_000;
            const isOver = second >= end;
            put({
              worker: "i-1",
              ...(isOver ? { state: "succeeded", finishedAt: timeOf(end) } : { leaseUntil: now + 9_000 }),
            });
            const there = events.filter(({ arrives }) => arrives <= now);
            groups.functions = there.filter(({ isFunction }) => isFunction).map(({ event }) => event);
            groups.workers = there.filter(({ isFunction }) => !isFunction).map(({ event }) => event);
            const { lines, cursor } = await read({ limit: String(limit), ...(after !== undefined && { after }) });
            expect(lines.length).to.be.at.most(limit);
            given.push(...lines.map(({ message }) => message!));
            if (cursor === undefined) break;
            after = cursor;
          }
          const wanted = all.flatMap(({ isOther }, index) => (isOther ? [] : [String(index)]));
          expect(given.sort()).to.deep.equal(wanted.sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it("says that there are more lines now, and reads on behind pages without one of the job", async () => {
    put({ state: "succeeded", worker: "i-1", finishedAt: timeOf(50) });
    groups.workers = Array.from({ length: 5 }, (_, index) => said(index, `${index}`));
    const { lines, cursor, more } = await read({ limit: "2" });
    expect([lines.length, more]).to.deep.equal([2, true]);
    expect(await read({ limit: "1000", after: cursor! })).to.have.nested.property("lines.length", 3);
    pageSize = 1;
    groups.functions = [0, 1, 2].map((index) => line(index, { jobId: "ab" }, router, `${index}`));
    groups.functions.push(line(3, { event: "job-routed" }, router));
    expect((await read({ limit: "1" })).lines).to.have.length(1);
    expect(searches.filter(({ group }) => group === "functions").length).to.be.at.least(4);
    groups.functions.unshift(line(0, { jobId: "ab" }, router, "one more"));
    const refused = await frontend.request("GET", "/jobs/a/logs");
    expect([refused.status, refused.problem.code]).to.deep.equal([503, "unavailable"]);
  });

  it("keeps a cursor short that many lines at once have made", async () => {
    put({ worker: "i-1", leaseUntil: now + 60_000 });
    now = start + 3_000;
    groups.workers = Array.from({ length: 3_000 }, (_, index) =>
      line(index / 1_000, { event: "job-log", message: `${index}` }, "i-1", `${index}`),
    );
    let after: string | undefined;
    let count = 0;
    for (let more: true | undefined = true; more;) {
      const page: JobLogs = await read({ limit: "1000", ...(after !== undefined && { after }) });
      ({ cursor: after, more } = page);
      expect(after!.length).to.be.below(8_000);
      count += page.lines.length;
    }
    expect(count).to.equal(3_000);
  });

  it("answers 429 while others read, and 404 to a caller bound to another tenant", async () => {
    put({ tenant: "acme" });
    mayRead = false;
    const { status, problem, headers } = await frontend.request("GET", "/jobs/a/logs");
    expect([status, problem.code, headers["retry-after"]]).to.deep.equal([429, "too-many-requests", "2"]);
    expect(searches).to.deep.equal([]);
    const of = (tenant: string) => ({
      requestContext: { http: { method: "GET" }, authorizer: { jwt: { claims: { tenant } } } },
    });
    frontend = new FakeFrontend({ filterLogs, tokenRules: { tenantClaim: "tenant" } });
    put({ tenant: "acme" });
    const codes = [];
    for (const tenant of ["acme", "other"]) {
      codes.push((await frontend.request("GET", "/jobs/a/logs", undefined, of(tenant))).status);
    }
    expect(codes).to.deep.equal([200, 404]);
  });

  it("refuses cursors that no answer had, and limits, by name", async () => {
    put({});
    const places = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const cursors = [
      "",
      "x",
      "e30",
      ...[
        [],
        [[1]],
        [[1], [2], [3]],
        [1, 2],
        [[], []],
        [["1"], ["2"]],
        [[-1], [1]],
        [[1.5], [1]],
        [[1, 2], [1]],
        [[1e99], [1]],
      ].map(places),
    ];
    for (const after of cursors) {
      const { status, problem } = await frontend.request("GET", "/jobs/a/logs", undefined, {
        queryStringParameters: { after },
      });
      expect([status, problem.code, problem.errors?.[0]?.path], after).to.deep.equal([400, "invalid-request", "after"]);
    }
    for (const limit of ["0", "1001", "-1", "ten", "1.5", ""]) {
      const { status, problem } = await frontend.request("GET", "/jobs/a/logs", undefined, {
        queryStringParameters: { limit },
      });
      expect([status, problem.errors?.[0]?.path], limit).to.deep.equal([400, "limit"]);
    }
    for (const id of ["none", "%2e", "a b", "x".repeat(200)]) {
      expect((await frontend.request("GET", `/jobs/${id}/logs`)).problem.code).to.equal("job-not-found");
    }
    expect(searches).to.deep.equal([]);
    const untracked = new FakeFrontend({ records: null });
    expect((await untracked.request("GET", "/jobs/a/logs")).problem.code).to.equal("tracking-off");
  });
});
