import { expect } from "chai";
import fc from "fast-check";
import { anyInstanceType, type UsageItem, usageItem, usageSeconds } from "../../../contract/fleet/usage";
import { InstancePrice } from "../../../worker-image/src/usage/instancePrice";
import { UsageMeter } from "../../../worker-image/src/usage/usageMeter";
import { type UsagePlace, type UsageSums } from "../../../worker-image/src/usage/usageTable";
import { envelope, FakeLog } from "../helpers/doubles";
import { FakeClock, settled } from "../helpers/fakeClock";

const minute = usageSeconds * 1_000;
const day = "2026-01-01";
const acme = envelope({ tenant: "acme", labels: { campaign: "spring", size: "s" } });

interface Given {
  slots?: number;
  prices?: Record<string, number>;
  readType?: () => Promise<string | undefined>;
  usageLabels?: string[];
  uncountedMilliseconds?: number;
}

/** A meter over a table in memory, which fails as often as the test says. */
function setUp({ slots = 2, prices, readType, usageLabels, uncountedMilliseconds = 0 }: Given = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const items: Record<string, Partial<UsageItem>> = {};
  const world = { failures: [] as Error[], additions: 0, atOnce: 0, mostAtOnce: 0 };
  const table = {
    async add({ dimension, day, value }: UsagePlace, sums: UsageSums) {
      world.mostAtOnce = Math.max(world.mostAtOnce, ++world.atOnce);
      await Promise.resolve();
      world.atOnce--;
      const failure = world.failures.shift();
      if (failure) throw failure;
      world.additions++;
      const item: Record<string, number> = (items[usageItem(dimension, day, value)] ??= {});
      for (const [field, sum] of Object.entries(sums)) item[field] = Number(((item[field] ?? 0) + sum).toFixed(9));
    },
  };
  const price = new InstancePrice(slots, prices, readType);
  const meter = new UsageMeter({ table, price, usageLabels, uncountedMilliseconds, clock, log: log.log });
  return Object.assign(world, { clock, log, items, meter, price });
}

const outage = () => Object.assign(new Error("no"), { name: "TimeoutError" });

describe("UsageMeter", () => {
  it("adds the slices of running attempts each minute, and what is left at the end", async () => {
    const { meter, clock, items } = setUp({ prices: { [anyInstanceType]: 0.36 } });
    meter.start();
    const end = meter.begin(acme, false);
    await clock.advance(minute);
    expect(items).to.deep.equal({
      [usageItem("type", day)]: { jobs: 0, seconds: 30, dollars: 0.003, instanceSeconds: 60, instanceDollars: 0.006 },
      [usageItem("tenant", day, "acme")]: { jobs: 0, seconds: 30, dollars: 0.003 },
    });
    await clock.advance(20_000);
    expect(end()).to.deep.equal({ seconds: 40, dollars: 0.004 });
    meter.noteEnd(acme);
    await clock.advance(10_000);
    await meter.end();
    expect(items).to.deep.equal({
      [usageItem("type", day)]: { jobs: 1, seconds: 40, dollars: 0.004, instanceSeconds: 90, instanceDollars: 0.009 },
      [usageItem("tenant", day, "acme")]: { jobs: 1, seconds: 40, dollars: 0.004 },
    });
    expect(clock.pendingTimers).to.equal(0);
  });

  it("counts the machine's time before it, and has no dollars where no price is known", async () => {
    const { meter, clock, items } = setUp({ uncountedMilliseconds: 12_000, prices: {} });
    await clock.advance(3_000);
    await meter.end();
    expect(items).to.deep.equal({
      [usageItem("type", "2025-12-31")]: { jobs: 0, seconds: 0, instanceSeconds: 12 },
      [usageItem("type", day)]: { jobs: 0, seconds: 0, instanceSeconds: 3 },
    });
  });

  it("looks up the price of its instance's type, again if metadata fails, and takes none of another type", async () => {
    const answers = [() => Promise.reject(new Error("not yet")), () => Promise.resolve("c7g.large")];
    const prices = { "c7g.large": 0.36, "c6g.large": 7.2 };
    const { meter, clock, items, price } = setUp({ prices, readType: () => answers.shift()!() });
    meter.start();
    await settled();
    expect(price.pricePerInstanceHour).to.equal(undefined);
    await clock.advance(minute);
    expect(items[usageItem("type", day)]).to.include({ instanceDollars: 0.006 });
    await meter.end();
    const other = new InstancePrice(2, prices, () => Promise.resolve("m7g.large"));
    await other.look();
    expect(other.pricePerInstanceHour).to.equal(undefined);
  });

  it("has sums of the values of its labels, and none of others", async () => {
    const { meter, clock, items } = setUp({ usageLabels: ["campaign", "team"] });
    const end = meter.begin(acme, false);
    await clock.advance(1_000);
    end();
    await meter.end();
    expect(Object.keys(items)).to.have.members([
      usageItem("type", day),
      usageItem("tenant", day, "acme"),
      usageItem("label:campaign", day, "spring"),
    ]);
  });

  it("divides at midnight in UTC", async () => {
    const { meter, clock, items } = setUp({ uncountedMilliseconds: 5_000 });
    await clock.advance(86_400_000 - 10_000);
    const end = meter.begin(envelope(), false);
    await clock.advance(14_000);
    end();
    meter.noteEnd(envelope());
    await meter.end();
    expect(items).to.deep.equal({
      [usageItem("type", "2025-12-31")]: { jobs: 0, seconds: 0, instanceSeconds: 5 },
      [usageItem("type", day)]: { jobs: 0, seconds: 5, instanceSeconds: 86_400 },
      [usageItem("type", "2026-01-02")]: { jobs: 1, seconds: 2, instanceSeconds: 4 },
    });
  });

  it("counts a job that runs alone as the whole instance", async () => {
    const { meter, clock, items } = setUp({ slots: 4 });
    const end = meter.begin(envelope(), true);
    await clock.advance(8_000);
    expect(end()).to.deep.equal({ seconds: 8 });
    await meter.end();
    expect(items[usageItem("type", day)]).to.include({ seconds: 8, instanceSeconds: 8 });
  });

  it("ends an attempt once, and says the same again", async () => {
    const { meter, clock, items } = setUp();
    const end = meter.begin(envelope(), false);
    await clock.advance(2_000);
    end();
    await clock.advance(2_000);
    expect(end()).to.deep.equal({ seconds: 1 });
    await meter.end();
    expect(items[usageItem("type", day)]).to.include({ seconds: 1, instanceSeconds: 4 });
  });

  it("keeps what could not be added for the next minute, warns, and loses nothing", async () => {
    const world = setUp();
    const { meter, clock, items, log } = world;
    meter.start();
    const end = meter.begin(acme, false);
    world.failures.push(outage());
    await clock.advance(minute);
    expect(items).to.deep.equal({});
    expect(log.fieldsOf("usage-not-added")).to.deep.include({ items: 1 });
    world.failures.push(undefined as never, new Error("that item alone"));
    await clock.advance(minute);
    expect(items).to.deep.equal({ [usageItem("type", day)]: { jobs: 0, seconds: 60, instanceSeconds: 120 } });
    end();
    await clock.advance(minute);
    expect(items[usageItem("tenant", day, "acme")]).to.deep.equal({ jobs: 0, seconds: 60 });
    await meter.end();
  });

  it("says what is lost if it can't add at its end", async () => {
    const world = setUp();
    const end = world.meter.begin(envelope(), false);
    await world.clock.advance(4_000);
    end();
    world.failures.push(outage());
    await world.meter.end();
    expect(world.log.fieldsOf("usage-not-added")).to.deep.include({ items: 1, seconds: 2, isLost: true });
  });

  it("adds few of many tenants a minute, few at a time, and all at the end", async () => {
    const world = setUp();
    const { meter, clock, items } = world;
    meter.start();
    const jobs = Array.from({ length: 5_000 }, (_, index) => envelope({ tenant: `t${index}` }));
    for (const job of jobs) meter.noteEnd(job);
    await clock.advance(minute);
    expect(world.additions).to.equal(501);
    expect(world.mostAtOnce).to.be.at.most(10);
    await clock.advance(minute);
    expect(world.additions).to.equal(501 + 1 + 450);
    await meter.end();
    expect(Object.keys(items)).to.have.length(5_001);
    expect(items[usageItem("type", day)]).to.include({ jobs: 5_000 });
  });

  it("asks a table that is out of reach little, however many tenants there are", async () => {
    const world = setUp();
    const { meter, clock } = world;
    for (let index = 0; index < 1_000; index++) meter.noteEnd(envelope({ tenant: `t${index}` }));
    meter.start();
    world.failures.push(...Array.from({ length: 50 }, outage));
    for (let minutes = 0; minutes < 4; minutes++) await clock.advance(minute);
    expect(world.failures).to.have.length(46);
    world.failures.length = 0;
    await meter.end();
  });

  it("has, with the idle time of slots, the time of the instance: whatever runs, fails and is given back", async () => {
    const step = fc.record({
      wait: fc.integer({ min: 1, max: 50_000 }),
      slot: fc.integer({ min: 0, max: 3 }),
      fails: fc.boolean(),
      tenant: fc.constantFrom("a", "b", undefined),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, slots) => {
        const world = setUp({ slots });
        const { meter, clock, items } = world;
        meter.start();
        const ends = new Map<number, () => unknown>();
        let idleMilliseconds = 0;
        for (const { wait, slot, fails, tenant } of steps) {
          const at = slot % slots;
          const end = ends.get(at);
          if (end) end();
          if (end) ends.delete(at);
          else ends.set(at, meter.begin(envelope(tenant === undefined ? {} : { tenant }), false));
          if (fails) world.failures.push(outage());
          idleMilliseconds += ((slots - ends.size) * wait) / slots;
          await clock.advance(wait);
        }
        for (const end of ends.values()) end();
        world.failures.length = 0;
        await meter.end();
        const own = Object.entries(items).filter(([item]) => item.startsWith("type#"));
        const sum = (field: "seconds" | "instanceSeconds") =>
          own.reduce((all, [, item]) => all + (item[field] ?? 0), 0);
        expect(sum("seconds") + idleMilliseconds / 1_000).to.be.closeTo(sum("instanceSeconds"), 1e-3);
        const tenants = Object.entries(items).filter(([item]) => item.startsWith("tenant#"));
        expect(tenants.reduce((all, [, { seconds = 0 }]) => all + seconds, 0)).to.be.at.most(sum("seconds") + 1e-3);
      }),
      { numRuns: 30 },
    );
  });
});
