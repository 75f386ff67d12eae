import { expect } from "chai";
import type { Action, FailureGroup } from "../../../contract/http/answers";
import { errorKeyOf } from "../../../contract/records/errorKey";
import { endedAs, listKeyOf } from "../../../contract/records/listKey";
import type { JobRecord } from "../../../contract/records/record";
import { FakeFrontend, type ParsedAnswer } from "../support/fakeFrontend";

const finishedAt = "2026-11-02T09:30:00.000Z";

function jobOf(id: string, fields: Partial<JobRecord> = {}): JobRecord {
  const type = fields.type ?? "word-count";
  const job = { id, type, state: "failed" as const, attempts: 3, submittedAt: "2026-11-02T09:00:00.000Z", finishedAt };
  const record = { ...job, listKey: listKeyOf(type, id), error: { name: "Error", message: `no ${id}` }, ...fields };
  const { state } = record;
  return state === "failed" || state === "cancelled"
    ? { ...record, endedAs: endedAs(state, record.finishedAt) }
    : { ...record, finishedAt: undefined, error: undefined };
}

const act = (frontend: FakeFrontend, body: object, headers: Record<string, string> = {}) =>
  frontend.request("POST", "/actions", body, { headers: { "content-type": "application/json", ...headers } });

async function shown(frontend: FakeFrontend, answer: ParsedAnswer): Promise<Action> {
  expect(answer.status, answer.text).to.equal(202);
  return (await frontend.request("GET", `/actions/${(answer.json as Action).id}`)).json as Action;
}

function expectRefusal(answer: ParsedAnswer, status: number, code: string, path?: string): void {
  expect([answer.status, answer.problem.code, answer.problem.errors?.[0]?.path]).to.deep.equal([status, code, path]);
}

describe("POST /actions", () => {
  it("retries failed jobs, echoes the filter filled in, and says what it did", async () => {
    const frontend = new FakeFrontend();
    for (const id of ["a", "b"]) {
      frontend.put(jobOf(id));
      frontend.kept.set(id, { text: id });
    }
    frontend.put(jobOf("gone"));
    frontend.put(jobOf("other", { type: "checksum" }));
    const answer = await act(frontend, { action: "retry", filter: { type: "word-count" }, reason: "bad deploy" });
    const startedAt = "2026-11-02T10:00:00.000Z";
    const asked = { action: "retry", filter: { type: "word-count", state: "failed" }, reason: "bad deploy" };
    const none = { matched: 0, done: 0, skipped: 0, failed: 0 };
    expect(answer.json).to.deep.equal({ id: "new-1", ...asked, state: "running", counts: none, startedAt });
    const action = await shown(frontend, answer);
    expect(action).to.deep.equal({
      ...{ id: "new-1", ...asked, state: "done", startedAt, finishedAt: startedAt },
      counts: { matched: 3, done: 2, skipped: 1, failed: 0 },
      problems: [{ id: "gone", code: "payload-not-kept" }],
    });
    expect(frontend.published.map(({ id }) => id)).to.have.members(["a", "b"]);
    expect(frontend.record("a")).to.include({ state: "queued", retryKey: "new-1" });
    expect(frontend.record("other")!.state).to.equal("failed");
    expect(frontend.happened.filter((each) => each.includes("watch"))).to.deep.equal(["watch new-1", "unwatch new-1"]);
    expect(((await frontend.request("GET", "/actions")).json as { actions: Action[] }).actions).to.deep.equal([action]);
    const line = frontend.lines.find(({ event }) => event === "action-ended");
    expect(line!.fields).to.include({ actionId: "new-1", state: "done", done: 2 });
  });

  it("cancels and replays named jobs", async () => {
    const frontend = new FakeFrontend();
    frontend.put(jobOf("waits", { state: "queued" }));
    frontend.put(jobOf("failed", { labels: { team: "x" } }));
    frontend.kept.set("failed", { text: "f" });
    const ids = ["waits", "failed", "none"];
    const cancelled = await shown(frontend, await act(frontend, { action: "cancel", ids }));
    expect(cancelled.counts).to.deep.equal({ matched: 3, done: 1, skipped: 2, failed: 0 });
    expect(cancelled.problems).to.deep.equal([
      { id: "failed", code: "job-finished" },
      { id: "none", code: "job-not-found" },
    ]);
    expect(frontend.record("waits")!.state).to.equal("cancelled");
    const replayed = await shown(frontend, await act(frontend, { action: "replay", ids: ["failed"] }));
    expect(replayed.counts).to.deep.equal({ matched: 1, done: 1, skipped: 0, failed: 0 });
    const [envelope] = frontend.published;
    expect(envelope).to.deep.include({ type: "word-count", payload: { text: "f" }, labels: { team: "x" } });
    const traceparent = "job:failed";
    expect(frontend.record(envelope!.id)).to.include({ replayOf: "failed", state: "queued", traceparent });
    expect(envelope).to.include({ traceparent });
    expect(frontend.record("failed")!.state).to.equal("failed");
  });

  it("replays and retries jobs whose payloads are in S3, with copies of their own", async () => {
    const frontend = new FakeFrontend();
    const payloadRef = { bytes: 7, sha256: "ab".repeat(32), days: 90 } as const;
    frontend.put(jobOf("large"));
    frontend.keptRefs.set("large", payloadRef);
    for (const action of ["replay", "retry"]) {
      const { counts } = await shown(frontend, await act(frontend, { action, ids: ["large"] }));
      expect(counts, action).to.deep.equal({ matched: 1, done: 1, skipped: 0, failed: 0 });
    }
    const [replayed, retried] = frontend.published;
    expect(replayed).to.deep.include({ payloadRef: { ...payloadRef, days: 42 } });
    expect(retried).to.deep.include({ id: "large", payloadRef });
    expect([...frontend.largeValues.objects.keys()].filter((key) => key.includes(replayed!.id))).to.have.length(1);
  });

  it("counts in a dry run of named jobs those that it would leave, with the reason", async () => {
    const frontend = new FakeFrontend();
    frontend.put(jobOf("a"));
    frontend.put(jobOf("waits", { state: "queued" }));
    const ids = ["a", "waits", "none"];
    const counted = await shown(frontend, await act(frontend, { action: "retry", ids, dryRun: true }));
    expect(counted).to.deep.include({ state: "done", counts: { matched: 3, done: 0, skipped: 2, failed: 0 } });
    expect(counted.problems).to.deep.equal([
      { id: "waits", code: "job-not-ended" },
      { id: "none", code: "job-not-found" },
    ]);
    expect([frontend.record("a")!.state, frontend.published]).to.deep.equal(["failed", []]);
  });

  it("does under a key what was asked for once, and refuses something else", async () => {
    const frontend = new FakeFrontend();
    frontend.put(jobOf("a"));
    frontend.kept.set("a", 1);
    const body = { action: "retry", filter: { type: "word-count", state: "failed" } };
    const first = await act(frontend, body, { "idempotency-key": "k" });
    const reordered = { filter: { state: "failed", type: "word-count" }, action: "retry" };
    const again = await act(frontend, reordered, { "idempotency-key": "k" });
    expect((again.json as Action).id).to.equal((first.json as Action).id);
    expect((again.json as Action).state).to.equal("done");
    expect(frontend.published).to.have.length(1);
    expectRefusal(await act(frontend, { ...body, action: "replay" }, { "idempotency-key": "k" }), 409, "conflict");
  });

  it("keeps a caller that is bound to a tenant to its jobs and its actions", async () => {
    const frontend = new FakeFrontend({ tokenRules: { tenantClaim: "org", operators: ["s"] } });
    const asked = (method: string, path: string, org: string, body?: object) => {
      const authorizer = { jwt: { claims: { sub: "s", org } } };
      return frontend.request(method, path, body, { requestContext: { http: { method }, authorizer } });
    };
    for (const tenant of ["acme", "other"]) {
      frontend.put(jobOf(tenant, { tenant }));
      frontend.kept.set(tenant, 1);
    }
    const filter = { type: "word-count" };
    const answer = await asked("POST", "/actions", "acme", { action: "retry", filter });
    expect((answer.json as Action).filter).to.include({ tenant: "acme" });
    expect(frontend.published.map(({ id }) => id)).to.deep.equal(["acme"]);
    const named = await asked("POST", "/actions", "acme", { action: "retry", ids: ["other"] });
    const { id } = named.json as Action;
    const { problems } = (await asked("GET", `/actions/${id}`, "acme")).json as Action;
    expect(problems).to.deep.equal([{ id: "other", code: "job-not-found" }]);
    expect(frontend.published).to.have.length(1);
    expectRefusal(await asked("GET", `/actions/${id}`, "other"), 404, "action-not-found");
    expectRefusal(await asked("DELETE", `/actions/${id}`, "other"), 404, "action-not-found");
    expect((await asked("GET", "/actions", "other")).json).to.deep.equal({ actions: [] });
    const body = { action: "retry", filter: { ...filter, tenant: "other" } };
    expectRefusal(await asked("POST", "/actions", "acme", body), 403, "forbidden", "/filter/tenant");
    const failures = (org: string) => asked("GET", "/failures", org);
    expect((await failures("other")).text)
      .to.include('"other"')
      .and.not.include('"acme"');
  });

  it("refuses what it can't make sense of, by path and with the nearest name", async () => {
    const frontend = new FakeFrontend();
    const type = "word-count";
    const refused: [unknown, string][] = [
      [{}, ""],
      [{ action: "discard", filter: { type } }, "/action"],
      [{ action: "retry" }, "/filter"],
      [{ action: "retry", filter: {} }, "/filter"],
      [{ action: "retry", filter: null }, "/filter"],
      [{ action: "retry", filter: { type }, ids: ["a"] }, "/filter"],
      [{ action: "retry", filter: { type, status: "failed" } }, "/filter/status"],
      [{ action: "retry", filter: { type, error: "x" } }, "/filter/error"],
      [{ action: "retry", filter: { type, state: "queued" } }, "/filter/state"],
      [{ action: "cancel", filter: { type, state: "failed" } }, "/filter/state"],
      [{ action: "retry", filter: { type, from: "yesterday" } }, "/filter/from"],
      [{ action: "retry", filter: { type, to: "2026-02-30T00:00:00Z" } }, "/filter/to"],
      [
        { action: "retry", filter: { type, from: "2026-11-02T10:00:00Z", to: "2026-11-02T10:00:00+01:00" } },
        "/filter/to",
      ],
      [{ action: "retry", filter: { type, label: "spring" } }, "/filter/label"],
      [{ action: "retry", filter: { type, tenant: "a b" } }, "/filter/tenant"],
      [{ action: "retry", ids: [] }, "/ids"],
      [{ action: "retry", ids: Array.from({ length: 1_001 }, String) }, "/ids"],
      [{ action: "retry", ids: [1] }, "/ids/0"],
      [{ action: "retry", ids: ["a", ""] }, "/ids/1"],
      [{ action: "retry", ids: ["a".repeat(81)] }, "/ids/0"],
      [{ action: "retry", filter: { type }, ratePerSecond: 0 }, "/ratePerSecond"],
      [{ action: "retry", filter: { type }, rate: 5 }, "/rate"],
      [{ action: "retry", filter: { type }, dryRun: "yes" }, "/dryRun"],
      [{ action: "retry", filter: { type }, reason: "" }, "/reason"],
    ];
    for (const [body, path] of refused) {
      const answer = await act(frontend, body as object);
      expect([answer.status, answer.problem.code], JSON.stringify(body)).to.deep.equal([400, "invalid-request"]);
      expect(answer.problem.errors!.map((each) => each.path)).to.include(path);
    }
    const { problem } = await act(frontend, { action: "retry", filter: { type, labels: "a:b" } });
    expect(problem.detail).to.include("did you mean label?");
    expectRefusal(
      await act(frontend, { action: "retry", filter: { type: "none" } }),
      ...([422, "unknown-type", "/filter/type"] as const),
    );
    for (const method of ["GET", "DELETE"]) {
      for (const id of ["none", "a".repeat(2_000)]) {
        expectRefusal(await frontend.request(method, `/actions/${id}`), 404, "action-not-found");
      }
    }
    expect(((await frontend.request("GET", "/actions")).json as { actions: [] }).actions).to.deep.equal([]);
  });
});

describe("GET /failures", () => {
  it("groups failed jobs by type and kind of error, the most frequent first", async () => {
    const frontend = new FakeFrontend();
    const error = (message: string) => ({ error: { name: "RowError", message } });
    const at = (minute: number) => ({ finishedAt: `2026-11-02T09:3${minute}:00.000Z` });
    frontend.put(jobOf("a", { ...error('row 17 of "x.csv" is bad'), ...at(1) }));
    frontend.put(jobOf("b", { ...error('row 4 of "y.csv" is bad'), ...at(3) }));
    frontend.put(jobOf("c", { ...error("out of memory"), ...at(2) }));
    frontend.put(jobOf("d", { state: "cancelled" }));
    const { failures } = (await frontend.request("GET", "/failures")).json as { failures: FailureGroup[] };
    const shown = failures.map(({ example, ...rest }) => ({ ...rest, example: example.id }));
    expect(shown).to.deep.equal([
      {
        ...{ type: "word-count", errorKey: "RowError: row # of … is bad", count: 2, example: "b" },
        ...{ firstAt: at(1).finishedAt, lastAt: at(3).finishedAt },
      },
      {
        ...{ type: "word-count", errorKey: "RowError: out of memory", count: 1, example: "c" },
        ...{ firstAt: at(2).finishedAt, lastAt: at(2).finishedAt },
      },
    ]);
    // An action's filter takes the key as it is.
    frontend.kept.set("b", 1);
    const filter = { type: "word-count", errorKey: shown[0]!.errorKey };
    const action = await retryAll(frontend, filter);
    expect(action.counts).to.include({ matched: 2, done: 1, skipped: 1 });
  });

  const retryAll = async (frontend: FakeFrontend, filter: object) =>
    shown(frontend, await act(frontend, { action: "retry", filter }));
});

describe("errorKeyOf", () => {
  it("leaves out quoted parts, and words with digits", () => {
    for (const [message, key] of [
      ["job 4c1f-88 not found", "E: job # not found"],
      ["can't read 'a b' or “c”", "E: can't read … or …"],
      ["timeout after 30s\n  at x", "E: timeout after # at x"],
      ["", "E: "],
    ] as const) {
      expect(errorKeyOf({ name: "E", message })).to.equal(key);
    }
    expect(errorKeyOf({ name: "E", message: "x".repeat(5_000) })).to.have.length(200);
  });
});
