import { PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import fc from "fast-check";
import { decodeCounts } from "../../../contract/fleet/counts";
import { encodePast, historyMinutes, historyPlace } from "../../../contract/fleet/history";
import { type InstanceReport, workerAlias } from "../../../contract/fleet/state";
import type { CountTypes } from "../../../functions/frontend/services/invokeFunctions";
import { readPastFrom } from "../../../functions/operator/services/readPast";
import { retryLaunchesIn } from "../../../functions/operator/services/retryLaunches";
import { createFleetItems, type FleetItems, type Lease } from "../../../functions/scaler/fleetItems";
import type { StateChanges } from "../../../functions/scaler/rules/action";
import { Emulators } from "../support/emulators";
import { FakeScaler } from "../support/fakeScaler";
import { instances, launches } from "../support/fleetViews";

const nudge = (type: string, count = 1) => ({ sent: { [type]: count } });

describe("scaler", () => {
  let aws: Emulators;
  let table: string;
  let items: FleetItems;
  let fake: FakeScaler;
  let last = 0;

  before(async () => (aws = await Emulators.start()));
  after(() => aws.stop());
  beforeEach(async () => {
    table = `fleets-${++last}`;
    await aws.createTable(table, "type", "item");
    items = createFleetItems(aws.tables, table);
    fake = new FakeScaler(items);
  });

  const written = async () => (await aws.tables.send(new ScanCommand({ TableName: table }))).Items!;
  const state = async (type: string) => (await items.read(type)).state;
  const lease = (type: string, seconds = 45) => ({ type, from: fake.time, until: fake.time + seconds * 1_000 });
  const take = async (held: Lease, changes: StateChanges = {}) =>
    items.acquire(held, (await state(held.type)).lastLease, changes);
  const remember = async (type: string, changes: StateChanges) => {
    await take(lease(type), changes);
    await items.release(lease(type));
  };

  describe("each minute", () => {
    it("raises what has a backlog, and leaves the rest", async () => {
      fake.add("a", {}, 60);
      fake.add("b");
      expect(await fake.run()).to.equal(undefined);
      expect([fake.desired("a"), fake.desired("b")]).to.deep.equal([5, 0]);
      const [line] = fake.lines;
      expect(line).to.deep.include({ level: "info", event: "capacity-raised" });
      expect(line!.fields).to.deep.equal({
        jobType: "a",
        from: 0,
        to: 5,
        reason: "backlog",
        visible: 60,
        inFlight: 0,
        sent: 0,
      });
      expect(await state("a")).not.to.have.property("leaseUntil");
    });

    it("writes nothing while nothing waits, and counts alone while there is nothing to change", async () => {
      fake.add("a");
      await fake.run();
      expect(await written()).to.deep.equal([]);
      fake.counts.set("a", { visible: 60, inFlight: 0 });
      await fake.run();
      fake.time += 60_000;
      const { countsAt, counts, changedFor, ...before } = await state("a");
      const calls = fake.calls.length;
      await fake.run();
      const after = await state("a");
      const leases = { lastLease: fake.time, leaseUntil: fake.time };
      const counted = { counts: "60 0 0 0 0 0 5 10 0 0", countsAt: fake.time, startingSince: fake.time };
      expect(after).to.deep.equal({ ...before, ...leases, ...counted });
      expect([counts, countsAt, changedFor]).to.deep.equal(["60 0 0 0 0 0 0 10 0 0", fake.time - 60_000, "backlog"]);
      expect(fake.calls.slice(calls)).to.deep.equal(["describe 1", "count a", "launches a-group"]);
    });

    it("writes nothing for 200 types that have instances and nothing to do", async () => {
      const figures = { secondsPerJob: 10, targetLatencySeconds: 60 };
      for (let index = 0; index < 200; index++) {
        fake.add(`t${index}`, { minInstances: 1, desired: 1, instances: instances(1) });
        await remember(`t${index}`, figures);
        const Item = { type: { S: `t${index}` }, item: { S: "i1" }, seenAt: { N: String(fake.time) } };
        await aws.tables.send(new PutItemCommand({ TableName: table, Item }));
      }
      await fake.run();
      const before = await written();
      const refuse: FleetItems["acquire"] = () => Promise.reject(new Error("nothing to do"));
      expect(await fake.run({}, { ...items, acquire: refuse })).to.equal(undefined);
      expect(await written()).to.deep.equal(before);
    });

    it("serves 200 types in one run, with few calls at once and groups described together", async () => {
      for (let index = 0; index < 200; index++) fake.add(`t${index}`, {}, index % 2);
      expect(await fake.run()).to.equal(undefined);
      const raised = fake.types.filter(({ type }) => fake.desired(type) === 1);
      expect(raised).to.have.length(100);
      expect(fake.calls.filter((call) => call.startsWith("describe"))).to.deep.equal(["describe 200"]);
      expect(fake.mostAtOnce).to.be.within(2, 20);
    });

    it("leaves a type alone that another run holds", async () => {
      fake.add("a", {}, 60);
      await take(lease("a", 0.001));
      await fake.run();
      expect(fake.desired("a")).to.equal(0);
      expect(await state("a")).not.to.have.property("nudgedSent");
      fake.time += 1;
      await fake.run();
      expect(fake.desired("a")).to.equal(5);
    });

    it("reads scaling activities only for groups that are short of instances, and continues without them", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 60);
      await remember("a", { secondsPerJob: 10, targetLatencySeconds: 60 });
      await aws.tables.send(
        new PutItemCommand({
          TableName: table,
          Item: { type: { S: "a" }, item: { S: "i1" }, seenAt: { N: String(fake.time) } },
        }),
      );
      await fake.run();
      expect(fake.calls.join()).not.to.include("launches");
      fake.refusals.set("launches a-group", new Error("Throttling"));
      fake.counts.set("a", { visible: 96, inFlight: 0 });
      expect(await fake.run()).to.equal(undefined);
      expect(fake.desired("a")).to.equal(7);
      expect(fake.events()).to.include("launches-not-read");
    });

    it("says why workers don't start, and when they do again", async () => {
      fake.add("a", { desired: 3 }, 60);
      fake.launches.push(...launches("fff"));
      await fake.run();
      expect(fake.desired("a")).to.equal(0);
      expect((await state("a")).launchProblem).to.equal("3 launches failed in a row; the last: InvalidAMI");
      expect(fake.lines[0]).to.deep.include({ level: "error", event: "launches-failing" });
      expect(fake.lines[0]!.fields).to.include({ jobType: "a", retryInSeconds: 60 });
      await fake.run();
      expect(fake.desired("a")).to.equal(0);
      fake.time += 60_000;
      await fake.run();
      expect(fake.desired("a")).to.equal(1);
      fake.launches.unshift({ groupName: "a-group", startedAt: fake.time + 1, outcome: "succeeded", reason: "" });
      fake.groups.get("a-group")!.instances.push(...instances(1));
      await fake.run();
      expect(await state("a")).not.to.have.any.keys("launchProblem", "failedLaunches", "retryAt");
      expect(fake.events()).to.include("launches-recovered");
      expect(fake.desired("a")).to.equal(5);
    });

    it("says that spot lacks its role, while on demand works", async () => {
      fake.add("a", { desired: 5 }, 60);
      fake.groups.set("a-spare", { ...fake.groups.get("a-group")!, name: "a-spare", desired: 0, instances: [] });
      fake.types[0]!.fleet.onDemandGroupName = "a-spare";
      const reason = "The provided credentials do not have permission to create the service-linked role for EC2 Spot.";
      fake.launches.push(...launches("ffff", reason).map((each) => ({ ...each, groupName: "a-group" })));
      await fake.run();
      const { launchProblem, failedLaunches } = await state("a");
      expect(launchProblem).to.match(/^A launch was refused: .*create-service-linked-role/);
      expect(failedLaunches).to.equal(undefined);
      expect(fake.events()).to.include("launches-failing");
    });

    it("has one instance of an old version retire, and a silent one replaced", async () => {
      const [old, silent] = instances(2, { templateVersion: "1" });
      fake.add("a", { desired: 2, templateVersion: "2", instances: [old!, silent!] });
      const put = (item: string, fields: Record<string, number>) => {
        const numbers = Object.entries(fields).map(([name, value]) => [name, { N: String(value) }] as const);
        const Item = { type: { S: "a" }, item: { S: item }, ...Object.fromEntries(numbers) };
        return aws.tables.send(new PutItemCommand({ TableName: table, Item }));
      };
      await put("i1", { seenAt: fake.time - 1, slots: 2, busySlots: 2 });
      await put("i2", { seenAt: fake.time - 600_000, silentSince: fake.time - 60_000 });
      expect(await fake.run()).to.equal(undefined);
      expect(fake.calls).to.include("markUnhealthy i2");
      expect((await items.read("a")).items.i1).to.include({ retiresSince: fake.time, busySlots: 2 });
      expect(fake.events()).to.include.members(["instance-unresponsive", "instance-retiring"]);
    });
  });

  describe("its counts", () => {
    const countsOf = async (type: string) => decodeCounts((await state(type)).counts);
    const report = (fields: Partial<InstanceReport>) =>
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { N: String(value) }] as const));

    it("come with a write that is made anyway: what waits, runs, is late, and what there is to run it", async () => {
      const pending = instances(1, { lifecycleState: "Pending:Wait" }, "p");
      fake.add("a", { desired: 4, instances: [...instances(3), ...pending] });
      fake.counts.set("a", { visible: 9, inFlight: 4, delayed: 7 });
      for (const [item, fields] of Object.entries({
        i1: { slots: 2, busySlots: 2, seenAt: fake.time - 30_000 },
        i2: { slots: 2, busySlots: 1, alone: 1, seenAt: fake.time },
        i3: { slots: 2, busySlots: 1, seenAt: fake.time, retiresSince: fake.time },
      })) {
        const Item = { type: { S: "a" }, item: { S: item }, ...report(fields) };
        await aws.tables.send(new PutItemCommand({ TableName: table, Item }));
      }
      await fake.run();
      expect(await countsOf("a")).to.deep.equal([9, 4, 7, 2, 1, 1, 4, 10, 4, 4]);
      expect(await state("a")).to.include({ countsAt: fake.time, backlogSince: fake.time });
      expect(await state("a")).not.to.have.property("startingSince");
    });

    it("take no old report's word for it that a slot is busy", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 1);
      const Item = { type: { S: "a" }, item: { S: "i1" }, ...report({ busySlots: 2, seenAt: fake.time - 90_000 }) };
      await aws.tables.send(new PutItemCommand({ TableName: table, Item }));
      await fake.run();
      expect((await countsOf("a"))!.slice(-2)).to.deep.equal([2, 0]);
    });

    it("say since when jobs wait, and since when no instance is there", async () => {
      fake.add("a", { desired: 1 }, 1);
      await fake.run();
      const since = fake.time;
      fake.time += 60_000;
      await fake.run();
      expect(await state("a")).to.include({ countsAt: fake.time, backlogSince: since, startingSince: since });
    });

    it("say since when jobs wait while no worker is at a job", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 1);
      const put = (fields: Partial<InstanceReport>) => {
        const Item = { type: { S: "a" }, item: { S: "i1" }, ...report({ seenAt: fake.time, ...fields }) };
        return aws.tables.send(new PutItemCommand({ TableName: table, Item }));
      };
      await fake.run();
      const since = fake.time;
      expect(await state("a")).to.include({ stalledSince: since });
      for (const atWork of [{ busySlots: 1 }, { alone: 1 }, { recentJobs: 0.6 }]) {
        fake.time += 60_000;
        await put(atWork);
        await fake.run();
        expect(await state("a"), JSON.stringify(atWork)).not.to.have.property("stalledSince");
        fake.time += 60_000;
        await put({ recentJobs: 0.4 });
        await fake.run();
        expect(await state("a")).to.include({ stalledSince: fake.time });
      }
    });

    it("record once, in one write, that a type went idle, whichever run saw it last", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 1);
      for (const isCold of [false, true]) {
        await fake.run();
        fake.counts.set("a", { visible: 0, inFlight: 0, delayed: 0 });
        fake.groups.set("a-group", { ...fake.groups.get("a-group")!, desired: 0, instances: [] });
        if (isCold) fake.warm = undefined;
        fake.time += 60_000;
        await fake.run();
        expect(await countsOf("a")).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 10, 0, 0]);
        const before = await written();
        for (let minute = 0; minute < 3; minute++) {
          fake.time += 60_000;
          const calls = fake.calls.length;
          await fake.run();
          expect(fake.calls.slice(calls)).to.deep.equal(["describe 1", "count a"]);
        }
        fake.warm = undefined;
        await fake.run();
        expect(await written()).to.deep.equal(before);
        fake.counts.set("a", { visible: 1, inFlight: 0 });
      }
    });

    it("follow the delayed messages of an idle type", async () => {
      fake.add("a", {}, 1);
      await fake.run();
      fake.groups.set("a-group", { ...fake.groups.get("a-group")!, desired: 0 });
      for (const delayed of [2, 2, 1]) {
        fake.counts.set("a", { visible: 0, inFlight: 0, delayed });
        fake.time += 60_000;
        await fake.run();
        expect((await countsOf("a"))![2]).to.equal(delayed);
      }
    });

    it("are made for a nudge that sent nothing, where they are old", async () => {
      fake.add("a");
      await fake.run(nudge("a", 0));
      expect(await countsOf("a")).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 10, 0, 0]);
      const { countsAt } = await state("a");
      fake.time += 75_000;
      await fake.run(nudge("a", 0));
      expect((await state("a")).countsAt).to.equal(countsAt);
      fake.time += 1;
      await fake.run(nudge("a", 0));
      expect((await state("a")).countsAt).to.equal(fake.time);
    });
  });

  describe("a type's history", () => {
    const past = (type = "a", hours = 200) => readPastFrom(aws.tables, table)(type, hours);
    const at = (milliseconds: number) => new Date(milliseconds).toISOString();

    it("is kept by the runs of each minute that write anyway, with the reason of changes since", async () => {
      const start = fake.time;
      fake.add("a");
      fake.add("ab", {}, 1);
      await fake.run(nudge("a", 36));
      expect(await past()).to.deep.equal([]);
      fake.counts.set("a", { visible: 36, inFlight: 0 });
      for (let minute = 0; minute < 3; minute++) {
        fake.time += 60_000;
        if (minute === 2) fake.counts.set("a", { visible: 96, inFlight: 0 });
        await fake.run();
      }
      fake.time += 60_000;
      await fake.run();
      expect(await past()).to.deep.equal([
        [at(start + 60_000), "36 0 0 0 0 0 3 10 0 0|backlog"],
        [at(start + 120_000), "36 0 0 0 0 0 3 10 0 0"],
        [at(start + 180_000), "96 0 0 0 0 0 3 10 0 0"],
        [at(start + 240_000), "96 0 0 0 0 0 7 10 0 0|backlog"],
      ]);
    });

    it("costs no write while nothing happens, and one for the minute in which the type went idle", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 1);
      await fake.run();
      fake.counts.set("a", { visible: 0, inFlight: 0 });
      fake.groups.set("a-group", { ...fake.groups.get("a-group")!, desired: 0, instances: [] });
      for (let minute = 0; minute < 5; minute++) {
        fake.time += 60_000;
        await fake.run();
      }
      expect((await past()).map(([, text]) => text)).to.deep.equal(["1 0 0 1 0 0 1 10 2 0", "0 0 0 0 0 0 0 10 0 0"]);
    });

    it("takes no lease, and fails loudly if it can't be kept, once all else is done", async () => {
      fake.add("a", {}, 60);
      const refusing = { ...items, keepPast: () => Promise.reject(new Error("throttled")) };
      const error = await fake.run({}, refusing);
      expect((error!.cause as Error).message).to.equal("throttled");
      expect(fake.desired("a")).to.equal(5);
      expect(await state("a")).not.to.have.property("leaseUntil");
    });

    it("is an item of each hour, which expires 7 days after its last counts and lies beside the fleet's own", async () => {
      const start = Date.parse("2026-11-02T10:58:07.999Z");
      for (const minute of [0, 1, 2, 3]) await items.keepPast("a", start + minute * 60_000, String(minute));
      const kept = (await written()).sort((one, other) => (one.item!.S! < other.item!.S! ? -1 : 1));
      const expiry = (time: string) => ({ N: String(Date.parse(time) / 1_000 + 7 * 86_400) });
      expect(kept).to.deep.equal([
        {
          ...{ type: { S: "a#history" }, item: { S: "2026-11-02T10" }, expiresAt: expiry("2026-11-02T10:59:08Z") },
          ...{ "58:07": { S: "0" }, "59:07": { S: "1" } },
        },
        {
          ...{ type: { S: "a#history" }, item: { S: "2026-11-02T11" }, expiresAt: expiry("2026-11-02T11:01:08Z") },
          ...{ "00:07": { S: "2" }, "01:07": { S: "3" } },
        },
      ]);
      expect(await items.read("a")).to.deep.equal({ state: {}, items: {} });
      expect(await past("a", 1)).to.deep.equal([
        ["2026-11-02T11:00:07.000Z", "2"],
        ["2026-11-02T11:01:07.000Z", "3"],
      ]);
      expect((await past()).map(([, text]) => text)).to.deep.equal(["0", "1", "2", "3"]);
    });

    it("of a week, full to the last minute and in large fleets, comes by one read", async () => {
      const counts = encodePast("100000 20000 5000 2000 100 100 2100 3000 4000 4000", "spot stays short");
      const attributes = Array.from({ length: 60 }, (_, minute) => [historyPlace(minute * 60_000)[1], counts]);
      const bytes = attributes.reduce((sum, [name, text]) => sum + name!.length + text!.length, 0) + 100;
      // DynamoDB reads up to 1 MB at once ("Query", Amazon DynamoDB API Reference).
      expect(bytes * (historyMinutes / 60 + 2)).to.be.below(1_000_000);
    });
  });

  describe("nudged", () => {
    it("raises by what was sent, before the queue shows it, and waits for nothing", async () => {
      fake.add("a");
      expect(await fake.run(nudge("a", 36))).to.equal(undefined);
      expect(fake.lines.map(({ fields }) => [fields.from, fields.to])).to.deep.equal([[0, 3]]);
      expect(await state("a")).not.to.have.property("leaseUntil");
    });

    it("leaves the count of a queue whose fleet is at zero to the next check", async () => {
      fake.add("a", {}, 60);
      expect(await fake.run(nudge("a"))).to.equal(undefined);
      expect([fake.desired("a"), fake.calls.includes("count a")]).to.deep.equal([1, false]);
      expect(await fake.run(nudge("a"))).to.equal(undefined);
      expect([fake.desired("a"), fake.calls.includes("count a")]).to.deep.equal([5, true]);
    });

    it("writes nothing where the fleet is large enough", async () => {
      fake.add("a", { desired: 1, instances: instances(1) }, 2);
      await fake.run();
      const before = await written();
      const calls = fake.calls.length;
      expect(await fake.run(nudge("a", 2))).to.equal(undefined);
      expect(await written()).to.deep.equal(before);
      expect(fake.calls.slice(calls)).to.deep.equal(["describe 1", "count a"]);
    });

    it("checks the types of the nudge only, and no unknown type", async () => {
      fake.add("a");
      fake.add("b", {}, 60);
      expect(await fake.run({ sent: { a: 1, gone: 1 } })).to.equal(undefined);
      expect([fake.desired("a"), fake.desired("b")]).to.deep.equal([1, 0]);
      expect(fake.calls).not.to.include("count b");
    });

    it("takes from a worker's nudge which types to check, and from their queues how much there is to do", async () => {
      fake.add("a");
      fake.add("b", {}, 60);
      fake.invokedFunctionArn = `arn:aws:lambda:us-east-1:123456789012:function:scaler:${workerAlias}`;
      expect(await fake.run({ sent: { a: 1e6, b: 1e6 } })).to.equal(undefined);
      expect([fake.desired("a"), fake.desired("b")]).to.deep.equal([0, 5]);
      const calls = fake.calls.length;
      for (const event of [{}, { sent: ["a", "b"] }, null]) await fake.run(event);
      expect(fake.calls).to.have.length(calls);
    });

    it("raises nothing on a worker's nudge that the queues don't confirm", async () => {
      fake.add("a", {}, 24);
      fake.add("b");
      fake.invokedFunctionArn = `arn:aws:lambda:us-east-1:123456789012:function:scaler:${workerAlias}`;
      const counts = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null));
      const sent = fc.dictionary(fc.constantFrom("a", "b", "gone", "__proto__"), counts);
      const events = fc.oneof(fc.record({ sent }), fc.anything());
      await fc.assert(
        fc.asyncProperty(events, async (event) => {
          await fake.run(event);
          expect(fake.desired("b")).to.equal(0);
          expect(fake.desired("a")).to.be.at.most(2);
        }),
        { numRuns: 50 },
      );
    });

    it("retries launches at once for the operator, also while another run holds the type's lease", async () => {
      fake.add("a", {}, 60);
      const nudges: Promise<unknown>[] = [];
      const countTypes: CountTypes = ([type]) => Promise.resolve(void nudges.push(fake.run(nudge(type!, 0))));
      const retry = async () => {
        await retryLaunchesIn(aws.tables, table, countTypes)("a", fake.time);
        return nudges.pop();
      };
      const failing = { failedLaunches: 5, launchProblem: "no", retryAt: fake.time + 900_000, failedTries: 4 };
      await remember("a", failing);
      await fake.run();
      expect(fake.desired("a")).to.equal(0);
      expect(await retry()).to.equal(undefined);
      expect(fake.desired("a")).to.equal(1);
      expect(await state("a"))
        .to.include({ failedTries: 0 })
        .and.to.have.property("triedAt");
      await remember("a", { ...failing, triedAt: undefined });
      fake.groups.set("a-group", { ...fake.groups.get("a-group")!, desired: 0 });
      await take(lease("a"));
      await retry();
      expect(fake.desired("a")).to.equal(0);
      expect(await items.release(lease("a"))).to.equal(0);
    });

    it("has nothing to retry for a type whose launches don't fail", async () => {
      const asked: string[][] = [];
      const countTypes: CountTypes = (types) => Promise.resolve(void asked.push(types));
      await retryLaunchesIn(aws.tables, table, countTypes)("a", fake.time);
      expect([await written(), asked]).to.deep.equal([[], [["a"]]]);
    });

    it("acts in one of two runs for a type, which checks again for the other, with all jobs that were sent", async () => {
      fake.add("a");
      fake.beforeRaising = async () => {
        fake.beforeRaising = () => Promise.resolve();
        const calls = fake.calls.length;
        expect(await fake.run(nudge("a", 59))).to.equal(undefined);
        expect(fake.calls.slice(calls)).to.deep.equal(["describe 1"]);
        expect(await state("a")).to.include({ nudgedSent: 59 });
      };
      await fake.run(nudge("a"));
      expect(fake.lines.map(({ fields }) => [fields.from, fields.to, fields.sent])).to.deep.equal([
        [0, 1, 1],
        [1, 5, 60],
      ]);
      expect(await state("a")).not.to.have.any.keys("leaseUntil", "nudgedSent");
    });

    it("has the minute's run check again if the nudge comes in the middle of it", async () => {
      fake.add("a", {}, 1);
      const release: FleetItems["release"] = async (...args) => {
        if (!fake.calls.includes("nudged")) {
          fake.calls.push("nudged");
          fake.counts.set("a", { visible: 60, inFlight: 0 });
          await fake.run(nudge("a", 60));
        }
        return items.release(...args);
      };
      expect(await fake.run({}, { ...items, release })).to.equal(undefined);
      expect(fake.desired("a")).to.equal(5);
    });

    it("reads once and writes twice to raise a group that no other run acts on", async () => {
      fake.add("a");
      let writes = 0;
      const counted = Object.fromEntries(
        Object.entries(items).map(([name, call]) => [
          name,
          (...args: unknown[]) => {
            if (name !== "read") writes++;
            return (call as (...args: unknown[]) => unknown)(...args);
          },
        ]),
      ) as unknown as FleetItems;
      expect(await fake.run(nudge("a"), counted)).to.equal(undefined);
      expect(fake.calls).to.deep.equal(["describe 1", "setDesired a-group"]);
      expect(writes).to.equal(2);
      expect(await state("a")).to.include({ wokenAt: fake.time, targetLatencySeconds: 60 });
    });

    it("checks again if another run has acted since its check, and doesn't undo that", async () => {
      fake.add("a");
      const takeLate: FleetItems["acquire"] = async (...args) => {
        if (fake.desired("a") === 0) {
          fake.counts.set("a", { visible: 60, inFlight: 0 });
          await fake.run(nudge("a", 60));
          expect(fake.desired("a")).to.equal(5);
        }
        return items.acquire(...args);
      };
      expect(await fake.run(nudge("a"), { ...items, acquire: takeLate })).to.equal(undefined);
      expect(fake.desired("a")).to.equal(5);
      expect(fake.lines.map(({ fields }) => fields.to)).to.deep.equal([5]);
    });

    it("leaves to the next run what it has no time for, and no trace of it on the item", async () => {
      fake.add("a");
      fake.remaining = 14_000;
      fake.beforeRaising = async () => {
        fake.beforeRaising = () => Promise.resolve();
        await fake.run(nudge("a", 60));
      };
      await fake.run(nudge("a"));
      expect(fake.desired("a")).to.equal(1);
      expect(await state("a")).not.to.have.any.keys("leaseUntil", "nudgedSent");
    });

    it("discards what was requested of a run that died: SQS counts those jobs by then", async () => {
      fake.add("a");
      await take(lease("a"));
      await fake.run(nudge("a", 100));
      expect((await state("a")).nudgedSent).to.equal(100);
      fake.time += 45_000;
      await fake.run(nudge("a"));
      expect(fake.desired("a")).to.equal(1);
      expect(await state("a")).not.to.have.any.keys("leaseUntil", "nudgedSent");
    });

    it("lets only one of many runs at once act", async () => {
      fake.add("a");
      let raising = 0;
      let mostRaising = 0;
      fake.beforeRaising = async () => {
        mostRaising = Math.max(mostRaising, ++raising);
        await new Promise((resolve) => setImmediate(resolve));
        raising--;
      };
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => fake.run(nudge("a", 6))));
      expect(outcomes.filter(Boolean)).to.deep.equal([]);
      expect(mostRaising).to.equal(1);
      expect(fake.desired("a")).to.be.within(1, 5);
      expect(await state("a")).not.to.have.any.keys("leaseUntil", "nudgedSent");
    });

    it("stops where its lease was lost meanwhile", async () => {
      fake.add("a");
      fake.beforeRaising = async () => {
        fake.beforeRaising = () => Promise.resolve();
        await fake.run(nudge("a", 60));
        fake.time += 45_000;
        await take(lease("a"));
      };
      await fake.run(nudge("a"));
      expect(fake.desired("a")).to.equal(1);
      expect(await state("a")).to.have.property("leaseUntil");
    });
  });

  describe("if something fails", () => {
    const refused = (name: string) => Object.assign(new Error(`${name}: no`), { name });

    for (const [what, call] of Object.entries({
      "the queue is gone": "count a",
      "a group can't be described": "describe a-group",
      "Auto Scaling throttles": "setDesired a-group",
    })) {
      it(`logs the cause and serves the other types: ${what}`, async () => {
        fake.add("a", {}, 60);
        fake.add("b", {}, 60);
        fake.refusals.set(call, refused("ThrottlingException"));
        const error = await fake.run();
        expect(error).to.have.property("message", "A part of the scaler's run failed");
        expect(error!.cause).to.have.property("name", "ThrottlingException");
        expect([fake.desired("a"), fake.desired("b")]).to.deep.equal([0, 5]);
        expect(
          fake.lines.filter(({ level }) => level === "error").map(({ event, fields }) => [event, fields]),
        ).to.deep.equal([
          [
            "types-not-scaled",
            { jobTypes: ["a"], error: { name: "ThrottlingException", message: "ThrottlingException: no" } },
          ],
        ]);
        expect(await state("a")).not.to.have.property("leaseUntil");
      });
    }

    it("names the group that is gone", async () => {
      fake.add("a", {}, 60);
      fake.groups.delete("a-group");
      await fake.run();
      expect(JSON.stringify(fake.lines[0]!.fields)).to.include("Expected the Auto Scaling group a-group, found none");
    });

    it("writes one line for all types that one error met", async () => {
      const error = refused("ServiceUnavailable");
      for (const type of ["a", "b", "c"]) {
        fake.add(type, {}, 60);
        fake.refusals.set(`describe ${type}-group`, error);
      }
      await fake.run();
      expect(fake.lines.map(({ fields }) => fields.jobTypes)).to.deep.equal([["a", "b", "c"]]);
    });

    it("is made up for by the next run", async () => {
      fake.add("a", {}, 60);
      fake.refusals.set("setDesired a-group", refused("Throttling"));
      expect(await fake.run(nudge("a"))).to.be.an("error");
      fake.refusals.clear();
      expect(await fake.run()).to.equal(undefined);
      expect(fake.desired("a")).to.equal(5);
    });

    it("raises nothing where lowering failed, so that both groups stay within the maximum", async () => {
      fake.add("a", { desired: 5, instances: instances(2) }, 60);
      fake.groups.set("a-spare", { ...fake.groups.get("a-group")!, name: "a-spare", desired: 0, instances: [] });
      fake.types[0]!.fleet.onDemandGroupName = "a-spare";
      await remember("a", { spotShortSince: fake.time - 60_000 });
      fake.refusals.set("setDesired a-group", refused("Throttling"));
      await fake.run();
      expect(fake.groups.get("a-spare")!.desired).to.equal(0);
      fake.refusals.clear();
      expect(await fake.run()).to.equal(undefined);
      expect([fake.desired("a"), fake.groups.get("a-spare")!.desired]).to.deep.equal([2, 3]);
    });

    it("begins no check for which too little time is left", async () => {
      fake.add("a", {}, 60);
      fake.remaining = 7_000;
      await fake.run();
      expect(fake.calls).to.deep.equal(["describe 1"]);
      expect(fake.events()).to.deep.equal(["types-not-scaled"]);
    });
  });
});
