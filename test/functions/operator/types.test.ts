import { expect } from "chai";
import { encodeCounts } from "../../../contract/fleet/counts";
import type { FleetState } from "../../../contract/fleet/state";
import type { Answers, JobType } from "../../../contract/http/answers";
import { checksum, FakeFrontend, wordCount } from "../support/fakeFrontend";

const at = Date.parse("2026-11-02T10:00:00.000Z");

describe("the job types", () => {
  const fleet: FleetState = {
    counts: encodeCounts([7, 5, 2, 1, 1, 2, 4, 10, 3, 2]),
    countsAt: at,
    backlogSince: at - 90_400,
  };
  const show = async (state: FleetState, path = "/types/word-count") => {
    const frontend = new FakeFrontend({ readFleets: () => Promise.resolve({ "word-count": state }) });
    return (await frontend.request("GET", path)).json as JobType;
  };

  it("have counts of jobs, instances and slots, since when jobs wait, and their time", async () => {
    expect(await show(fleet)).to.deep.include({
      type: "word-count",
      // Two of the five in flight have no slot: they are in backoff, or fetched ahead.
      counts: { waiting: 9, running: 3, delayed: 2, deadLetters: 3 },
      instances: { inService: 2, pending: 2, desired: 4, max: 10 },
      slots: { busy: 2, all: 3 },
      oldestSeconds: 90,
      asOf: "2026-11-02T10:00:00.000Z",
    });
    const { types } = (await show(fleet, "/types")) as unknown as { types: JobType[] };
    expect(types[0]).to.deep.equal(await show(fleet));
    expect(types[1])
      .to.deep.include({ type: "checksum", counts: { deadLetters: 3 } })
      .and.not.have.any.keys("asOf");
  });

  it("say when the next launch is only while launches fail", async () => {
    const failing = { ...fleet, launchProblem: "no", retryAt: at + 60_000 };
    expect(await show(failing)).to.include({ launchProblem: "no", nextLaunchAt: "2026-11-02T10:01:00.000Z" });
    expect(await show({ ...failing, launchProblem: undefined })).not.to.have.property("nextLaunchAt");
  });

  it("are shown without what can't be read, with a warning", async () => {
    const refuse = () => Promise.reject(new Error("throttled"));
    const blind = new FakeFrontend({ readFleets: refuse, readCounts: refuse });
    const { status, json } = await blind.request("GET", "/types/word-count");
    expect(status).to.equal(200);
    expect(json).to.deep.include({ type: "word-count", counts: {} });
    expect(blind.lines.map(({ event }) => event)).to.deep.equal(["counts-not-read", "counts-not-read"]);
  });

  it("are refused by names that are none", async () => {
    for (const name of ["none", "..", "%2e%2e", "Word-Count", "a".repeat(100), "word-count%00", "__proto__"]) {
      const { status, problem } = await new FakeFrontend().request("GET", `/types/${name}`);
      expect([status, problem.code], name).to.deep.equal([404, "type-not-found"]);
    }
  });

  it("have the schedules of the program, each with its type", async () => {
    const schedules = [{ name: "nightly", expression: "cron(0 3 * * ? *)", timeZone: "Europe/Berlin" }];
    const frontend = new FakeFrontend({}, [{ ...wordCount, schedules }, checksum]);
    const { json } = await frontend.request("GET", "/schedules");
    // It is 11:00 of 2 November in Berlin.
    const next = ["2026-11-03T02:00:00.000Z", "2026-11-04T02:00:00.000Z", "2026-11-05T02:00:00.000Z"];
    expect(json).to.deep.equal({ schedules: [{ type: "word-count", ...schedules[0], next }] });
    expect((await frontend.request("GET", "/types/word-count")).json).to.deep.include({ schedules });
  });

  it("have no next times of schedules that are off", async () => {
    const schedules = [{ name: "nightly", expression: "cron(0 3 * * ? *)", enabled: false as const }];
    const { json } = await new FakeFrontend({}, [{ ...wordCount, schedules }]).request("GET", "/schedules");
    expect(json).to.deep.equal({ schedules: [{ type: "word-count", ...schedules[0] }] });
  });

  it("have the next times of schedules that are known: no rate's, and no expression's that can't be read", async () => {
    const expressions = ["rate(5 minutes)", "cron(0 0 L-3 * ? *)", "cron(0 0 1 1 ? 2026)", "cron(30 10 2 11 ? 2026)"];
    const schedules = expressions.map((expression) => ({ name: expression.slice(0, 4), expression }));
    const frontend = new FakeFrontend({}, [{ ...wordCount, schedules }]);
    const { json } = await frontend.request("GET", "/schedules");
    expect((json as Answers["Schedules"]).schedules.map(({ next }) => next)).to.deep.equal([
      ...[undefined, undefined, [], ["2026-11-02T10:30:00.000Z"]],
    ]);
  });

  it("take no query", async () => {
    for (const path of ["/types", "/types/word-count", "/schedules"]) {
      const extra = { queryStringParameters: { minutes: "1" } };
      const { status, problem } = await new FakeFrontend().request("GET", path, undefined, extra);
      expect([status, problem.code], path).to.deep.equal([400, "invalid-request"]);
    }
  });
});
