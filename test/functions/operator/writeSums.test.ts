import { expect } from "chai";
import { definedFields } from "../../../contract/definedFields";
import { encodeCounts, type FleetCounts } from "../../../contract/fleet/counts";
import type { QueueCounts } from "../../../contract/fleet/queueCounts";
import type { FleetState } from "../../../contract/fleet/state";
import type { ComponentSums } from "../../../contract/metrics";
import { type SumEffects, writeSums } from "../../../functions/operator/writeSums";
import { wordCount } from "../support/fakeFrontend";
import { type LogLine, logTo } from "../support/logTo";

const at = Date.parse("2026-11-02T10:00:00.000Z");
const alarmSums: (keyof ComponentSums)[] = ["DeadLetters", "StalledSeconds", "LaunchProblems"];

/** State of a fleet that was counted at `at`. */
function counted(counts: Partial<Record<"visible" | "inFlight" | "delayed" | "desired", number>>): FleetState {
  const { visible = 0, inFlight = 0, delayed = 0, desired = 0 } = counts;
  const all: FleetCounts = [visible, inFlight, delayed, 0, 0, 0, desired, 10, 0, 0];
  return { counts: encodeCounts(all), countsAt: at };
}

describe("the sums of each minute", () => {
  let fleets: Record<string, FleetState>;
  let letters: Record<string, QueueCounts | Error>;
  let calls: string[];
  /** Dollars of the types' items of the day; undefined if no price is known. */
  const costs: Record<string, (number | undefined)[]> = { a: [1.25], b: [0.5], unpriced: [undefined] };
  let lines: LogLine[];
  let atOnce: { now: number; most: number };
  beforeEach(() => {
    fleets = { a: {}, b: {} };
    letters = {};
    calls = [];
    lines = [];
    atOnce = { now: 0, most: 0 };
  });

  const effects = (): SumEffects => ({
    jobTypes: {
      find: () => Promise.reject(new Error("no type is looked up")),
      list: () =>
        Promise.resolve(Object.keys(fleets).map((type) => ({ ...wordCount, type, deadLetterQueueUrl: type }))),
    },
    readFleets: (types) => {
      calls.push(`fleets ${types.length}`);
      return Promise.resolve(Object.fromEntries(types.map((type) => [type, fleets[type]!])));
    },
    async readCounts(type) {
      calls.push(`count ${type}`);
      atOnce.most = Math.max(atOnce.most, ++atOnce.now);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce.now--;
      const found = letters[type] ?? { visible: 0, inFlight: 0 };
      if (found instanceof Error) throw found;
      return found;
    },
    readUsage: (type, dimension, { from, to }) => {
      calls.push(`usage ${type} ${dimension} ${from} ${to}`);
      const day = { day: from, value: "", jobs: 1, seconds: 1, dollars: 7, expiresAt: 1 };
      const items = (costs[type] ?? []).map((instanceDollars) => ({ ...day, instanceDollars }));
      return Promise.resolve({ items: items });
    },
    now: () => at,
    log: logTo(lines),
  });
  const write = async (names = alarmSums, over: Partial<SumEffects> = {}) => {
    await writeSums({ ...effects(), ...over }, { writeSums: names, component: "project/stack/media" });
  };
  const sums = () => {
    const [line] = lines.filter(({ event }) => event === "component-metrics");
    const { _aws, Component, DeadLetters, StalledSeconds, LaunchProblems, DollarsToday } = line!.fields;
    expect(Component).to.equal("project/stack/media");
    const written = definedFields({ DeadLetters, StalledSeconds, LaunchProblems, DollarsToday });
    const { CloudWatchMetrics } = _aws as { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
    expect(CloudWatchMetrics[0]!.Metrics.map(({ Name }) => Name)).to.have.members(Object.keys(written));
    return written;
  };
  const rejected = (promise: Promise<unknown>): Promise<Error | undefined> =>
    promise.then(
      () => undefined,
      (error: Error) => error,
    );

  it("count the dead letters of all types, whatever state they are in", async () => {
    letters = { a: { visible: 2, inFlight: 1 }, b: { visible: 4, inFlight: 0, delayed: 1 } };
    await write();
    expect(sums()).to.deep.equal({ DeadLetters: 8, StalledSeconds: 0, LaunchProblems: 0 });
  });

  it("have the longest stall, as it was when the type was last counted", async () => {
    fleets = {
      a: { ...counted({ visible: 5 }), stalledSince: at - 300_000 },
      b: { ...counted({ visible: 5 }), stalledSince: at - 20_000 },
      // Its jobs may have begun since: the scaler hasn't looked for an hour.
      old: { ...counted({ visible: 5 }), countsAt: at - 3_600_000, stalledSince: at - 3_601_000 },
      never: {},
    };
    await write();
    expect(sums()).to.deep.equal({ DeadLetters: 0, StalledSeconds: 300, LaunchProblems: 0 });
  });

  it("have the types whose launches fail, but for those without work, which keep their last problem", async () => {
    const launchProblem = "no quota";
    fleets = {
      waiting: { ...counted({ visible: 1 }), launchProblem },
      running: { ...counted({ inFlight: 1 }), launchProblem },
      minimum: { ...counted({ desired: 1 }), launchProblem },
      idle: { ...counted({}), launchProblem },
      later: { ...counted({ delayed: 7 }), launchProblem },
      unknown: { launchProblem },
      fine: counted({ visible: 3 }),
    };
    await write();
    expect(sums()).to.include({ LaunchProblems: 3 });
  });

  it("have what the instances have cost today, in UTC, as far as prices are known", async () => {
    fleets = { a: {}, b: {}, unpriced: {}, idle: {} };
    await write(["DollarsToday"]);
    expect(sums()).to.deep.equal({ DollarsToday: 1.75 });
    expect(calls).to.deep.equal(Object.keys(fleets).map((type) => `usage ${type} type 2026-11-02 2026-11-02`));
    const line = lines.find(({ event }) => event === "component-metrics")!;
    expect(JSON.stringify(line.fields._aws)).to.contain('{"Name":"DollarsToday","Unit":"None"}');
  });

  it("leave out a sum of which a part could not be counted, and fail the run once the others are written", async () => {
    letters = { b: new Error("throttled") };
    const error = await rejected(write());
    expect(sums()).to.deep.equal({ StalledSeconds: 0, LaunchProblems: 0 });
    expect(error!.message).to.equal("A part of the sums was not written");
    const [failed] = lines.filter(({ event }) => event === "sum-not-written");
    expect(failed).to.deep.include({ level: "error" });
    const { sum, error: said } = failed!.fields as { sum: string; error: Error };
    expect([sum, said.message]).to.deep.equal(["DeadLetters", "The dead letters of b could not be counted"]);
    expect((said.cause as Error).message).to.equal("throttled");
  });

  it("are not written at all if nothing can be read", async () => {
    const refuse = () => Promise.reject(new Error("no"));
    letters = { a: new Error("no") };
    expect(await rejected(write(alarmSums, { readFleets: refuse }))).to.be.an("error");
    expect(lines.map(({ event }) => event)).to.deep.equal(Array.from({ length: 3 }, () => "sum-not-written"));
    const list = { ...effects().jobTypes, list: refuse };
    expect((await rejected(write(alarmSums, { jobTypes: list })))!.message).to.equal("no");
  });

  it("cost no call that those asked for don't need", async () => {
    await write(["StalledSeconds", "LaunchProblems"]);
    expect(calls).to.deep.equal(["fleets 2"]);
    await write(["DeadLetters"]);
    expect(calls.slice(1)).to.deep.equal(["count a", "count b"]);
  });

  it("read the states of 200 types together, and their queues a few at once", async () => {
    fleets = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`t${index}`, {}]));
    await write();
    expect(calls.filter((call) => call.startsWith("fleets"))).to.deep.equal(["fleets 200"]);
    expect(calls.filter((call) => call.startsWith("count"))).to.have.length(200);
    expect(atOnce.most).to.be.within(2, 20);
  });
});
