import { expect } from "chai";
import type { Usage } from "../../contract/fleet/usage";
import type { Job } from "../../contract/http/answers";
import type { UsageReport } from "../../contract/http/usageReport";
import type { Instance } from "../../local-cloud/autoScaling/instance";
import { until } from "../local-cloud/support";
import { groupOf, hasSaid } from "./support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "./support/stack";
import { usageItems, usageSum } from "./support/usage";

/** Dollars an hour, so that a second of an instance costs a tenth of a cent. */
const pricePerInstanceHour = 3.6;
const dollarsPerSecond = pricePerInstanceHour / 3_600;

/** Sums agree within this share of the larger one, and the resolution of clocks. */
const share = 0.02;
const clockSeconds = 0.05;

const work = `
const { milliseconds = 0, failures = 0, waits } = job.payload ?? {};
note("start " + job.id);
if (waits) await released(job, context);
await sleep(milliseconds);
if (job.attempt <= failures) throw new Error("asked to");
return job.attempt;`;

describe("usage", () => {
  let handlers: Handlers;
  let journey: Journey;
  const instances = new Map<string, Instance>();

  before(async () => {
    handlers = createHandlers({ work }, undefined, 1);
    const brief = { handler: "work", slots: 2, maxInstances: 2, drainSeconds: 5, backoffSeconds: 0.1, maxAttempts: 3 };
    journey = await startJourney(
      [
        { name: "priced", ...brief, idleSeconds: 1, pricePerInstanceHour },
        { name: "killed", ...brief, idleSeconds: 1, pricePerInstanceHour },
        { name: "steady", ...brief, minInstances: 1, instanceTypes: ["c99g.large"] },
        { name: "listed", ...brief, idleSeconds: 1 },
      ],
      handlers,
      { usageLabels: ["campaign"] },
      { workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" } },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const ofType = (type: string, field: "jobs" | "seconds" | "dollars" | "instanceSeconds" | "instanceDollars") =>
    usageSum(journey, type, "type", field);
  const usageOf = async (id: string) => (await journey.call("GET", `/jobs/${id}`)).body.usage as Usage;
  const atZero = (type: string) =>
    until(() => {
      for (const instance of groupOf(journey, type).instances) instances.set(instance.id, instance);
      return groupOf(journey, type).instances.length === 0;
    });
  const agree = (one: number, other: number, what: string) =>
    expect(one, what).to.be.closeTo(other, share * Math.max(one, other) + clockSeconds);

  /** Seconds from the start of instances of the type to the last word of their workers. */
  function lives(type: string): number {
    const ended = [...instances.values()].filter(({ jobType }) => jobType === type);
    return ended.reduce((sum, { id, launchedAt }) => {
      const { line } = journey.logs.find(
        (entry) => entry.name === id && entry.line.includes('"event":"worker-stopped"'),
      )!;
      return sum + (Date.parse((JSON.parse(line) as { time: string }).time) - launchedAt) / 1_000;
    }, 0);
  }

  it("of jobs adds up to the items of type, tenants and labels, and these to the time of instances", async () => {
    const submit = (payload: object, more: object = {}) => journey.submit("priced", payload, more);
    const ids = await Promise.all([
      submit({ milliseconds: 3_000 }, { tenant: "acme", labels: { campaign: "spring" } }),
      submit({ milliseconds: 2_000 }, { tenant: "acme" }),
      submit({ milliseconds: 1_000, failures: 1 }, { tenant: "globex", labels: { campaign: "spring", other: "x" } }),
      submit({ milliseconds: 500, failures: 3 }),
    ]);
    await until(() => {
      for (const instance of groupOf(journey, "priced").instances) instances.set(instance.id, instance);
      return handlers.ledger().length >= ids.length;
    });
    const [first] = await Promise.all(
      ids.map((id, index) => journey.reaches(id, index === 3 ? "failed" : "succeeded")),
    );
    expect(first!.usage).to.have.all.keys("seconds", "dollars");
    const failed = ids[3];
    const before = await usageOf(failed);
    await journey.call("POST", `/jobs/${failed}/retry`, {});
    await until(() => handlers.startsOf(failed) === 6);
    await journey.reaches(failed, "failed");
    await atZero("priced");
    expect((await usageOf(failed)).seconds).to.be.greaterThan(before.seconds);
    const jobs = await Promise.all(
      ids.map(async (id) => (await journey.call("GET", `/jobs/${id}`)).body as unknown as Job),
    );
    const used = jobs.map(({ usage }) => usage!);
    const sum = (all: Usage[], field: keyof Usage) => all.reduce((total, usage) => total + (usage[field] ?? 0), 0);
    agree(await ofType("priced", "seconds"), sum(used, "seconds"), "type and jobs");
    agree((await ofType("priced", "dollars")) / dollarsPerSecond, sum(used, "seconds"), "dollars and seconds");
    agree(sum(used, "dollars") / dollarsPerSecond, sum(used, "seconds"), "dollars and seconds of jobs");
    expect(await ofType("priced", "jobs"), "a retry ends once more").to.equal(5);
    agree(await ofType("priced", "instanceSeconds"), lives("priced"), "instances");
    agree((await ofType("priced", "instanceDollars")) / dollarsPerSecond, lives("priced"), "price of instances");
    const items = await usageItems(journey, "priced");
    const valueOf = (item: string) => item.split("#").slice(2).join("#");
    const by = (dimension: string, value: string) =>
      Object.entries(items)
        .filter(([item]) => item.startsWith(`${dimension}#`) && valueOf(item) === value)
        .reduce((total, [, { seconds = 0 }]) => total + seconds, 0);
    agree(by("tenant", "acme"), sum([used[0]!, used[1]!], "seconds"), "acme");
    agree(by("tenant", "globex"), used[2]!.seconds, "globex");
    agree(by("label:campaign", "spring"), sum([used[0]!, used[2]!], "seconds"), "campaign");
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const report = async (query: string) =>
      (await journey.call("GET", `/usage?type=priced&from=${yesterday}&${query}`)).body as unknown as UsageReport;
    const { rows, total } = await report("by=type");
    expect(rows).to.have.length(1);
    expect(total).to.include({ jobs: 5 });
    agree(total.seconds, sum(used, "seconds"), "GET /usage and jobs");
    agree(total.dollars! / dollarsPerSecond, sum(used, "seconds"), "its dollars and jobs");
    agree(total.idleSeconds!, lives("priced") - sum(used, "seconds"), "its idle time and instances");
    const tenants = await report("by=tenant");
    expect(tenants.total).to.deep.equal(total);
    expect(tenants.rows.map(({ tenant }) => tenant)).to.deep.equal(["acme", "globex"]);
    agree(tenants.rows[0]!.seconds, sum([used[0]!, used[1]!], "seconds"), "GET /usage of acme");
    const { rows: campaigns } = await report("by=label&label=campaign");
    expect(campaigns.map(({ value }) => value)).to.deep.equal(["spring"]);
    agree(campaigns[0]!.seconds, sum([used[0]!, used[2]!], "seconds"), "GET /usage of the campaign");
    expect(Object.keys(items).filter((item) => item.startsWith("label:other"))).to.deep.equal([]);
    const { jobs: listed } = (await journey.call("GET", "/jobs?type=priced")).body as { jobs: Job[] };
    expect(new Set(listed.map(({ usage }) => usage?.seconds))).to.deep.equal(
      new Set(used.map(({ seconds }) => seconds)),
    );
  });

  it("of a job whose worker is killed counts in its record until the lease ended, and in the sums until they were last added", async () => {
    const id = await journey.submit("killed", { waits: true });
    await until(() => handlers.startsOf(id) === 1);
    await until(async () => (await ofType("killed", "seconds")) > 1);
    const [instance] = groupOf(journey, "killed").instances;
    instance!.kill();
    const killedAt = Date.now();
    await until(() => !groupOf(journey, "killed").instances.includes(instance!));
    const added = await ofType("killed", "seconds");
    await until(() => handlers.startsOf(id) === 2);
    handlers.release(id);
    const { usage, attemptLog } = (await journey.reaches(id, "succeeded")) as unknown as Job;
    await atZero("killed");
    const [lost] = attemptLog!;
    expect(lost).to.include({ outcome: "lost", worker: instance!.id });
    const leased = (Date.parse(lost!.endedAt) - Date.parse(lost!.startedAt)) / 1_000 / 2;
    const ran = (killedAt - Date.parse(lost!.startedAt)) / 1_000 / 2;
    // The second attempt ran alone, and its worker added all of it.
    const second = (await ofType("killed", "seconds")) - added;
    agree(usage!.seconds - leased, second, "the second attempt");
    expect(added).to.be.at.most(ran + clockSeconds);
    expect(await ofType("killed", "jobs")).to.equal(1);
  });

  it("counts an instance once whose worker is started again, and without dollars where no price is known", async () => {
    const grows = async (than: number) => until(async () => (await ofType("steady", "instanceSeconds")) > than);
    await grows(1);
    const [instance] = groupOf(journey, "steady").instances;
    process.kill(instance!.pid!, "SIGKILL");
    const starts = () =>
      journey.logs.filter(({ name, line }) => name === instance!.id && line.includes('"event":"worker-started"'));
    await until(() => starts().length === 2);
    const before = await ofType("steady", "instanceSeconds");
    await grows(before);
    const counted = await ofType("steady", "instanceSeconds");
    expect(counted).to.be.at.most((Date.now() - instance!.launchedAt) / 1_000 + clockSeconds);
    expect(hasSaid(journey, instance!.id, "usage-not-added")).to.equal(false);
    const [item] = Object.values(await usageItems(journey, "steady"));
    expect(item).to.have.all.keys("jobs", "seconds", "instanceSeconds", "expiresAt");
  });

  it("has the table's price where none is given", async () => {
    const id = await journey.submit("listed", { milliseconds: 1_000 });
    const { usage } = (await journey.reaches(id, "succeeded")) as unknown as Job;
    expect(usage!.dollars! / usage!.seconds).to.be.closeTo(0.072_5 / 3_600, 1e-7);
  });
});
