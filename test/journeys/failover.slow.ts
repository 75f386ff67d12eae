import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Origins } from "../../client/connection/origins";
import { type Failover, JobClient } from "../../client/index";
import { Submissions } from "../../client/submission/Submissions";
import { until } from "../local-cloud/support";
import { testSeeds } from "../support/seed";
import { createRandom } from "./support/chaos/chaos";
import { createHandlers, type Handlers } from "./support/stack";
import { type RegionalJobs, startTwoRegions, type TwoRegions } from "./support/twoRegions";

const failoverAfterSeconds = 2;
/** Beyond that, the second region's answer, on a busy machine. */
const slackSeconds = 20;
const submitters = 8;
/** Of a submitter's submissions, those with ten jobs. */
const batchShare = 0.2;

/** Regions that have answered 202 to a job, and those that got it without such an answer, each as `id region`. */
class Ledger {
  readonly accepted = new Set<string>();
  readonly unanswered = new Set<string>();
  longestSeconds = 0;

  constructor(private readonly regions: RegionalJobs[]) {}

  /** A fetch that notes what became of each job that is submitted; what a lost region still answers gets lost. */
  readonly fetch: typeof fetch = async (input, init) => {
    const { cloud } = this.regions.find(({ url }) => url === new URL(input as URL).origin)!;
    const jobs = idsOf(init?.body as string | undefined).map((id) => `${id} ${cloud.region}`);
    try {
      const response = await fetch(input, init);
      const text = await response.text();
      if (cloud.outage.now) throw new Error("The answer got lost");
      const { results } = JSON.parse(text) as { results?: { status: number }[] };
      jobs.forEach((job, index) => {
        const status = results?.[index]?.status ?? response.status;
        (status === 202 ? this.accepted : this.unanswered).add(job);
      });
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (error) {
      for (const job of jobs) this.unanswered.add(job);
      throw error;
    }
  };

  async time(submission: Promise<unknown>): Promise<void> {
    const start = performance.now();
    await submission;
    this.longestSeconds = Math.max(this.longestSeconds, (performance.now() - start) / 1_000);
  }
}

function idsOf(text: string | undefined): string[] {
  const { id, jobs } = JSON.parse(text ?? "{}") as { id?: string; jobs?: { id: string }[] };
  return jobs?.map((job) => job.id) ?? (id === undefined ? [] : [id]);
}

/** `TEST_SEED=7 TEST_ROUNDS=1 npm run test:failover` repeats a seed's decisions. */
describe("a client of two regions", () => {
  let regions: TwoRegions;
  let handlers: Handlers;
  before(async () => {
    const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6", WORKER_MAX_BACKOFF_SECONDS: "5" };
    handlers = createHandlers({ echo: "note(`${job.id} ${process.env.AWS_REGION}`);" });
    const processors = [{ name: "echo", handler: "echo", minInstances: 1, slots: 8 }];
    regions = await startTwoRegions(
      { processors, authorization: "none" },
      { workerMain: handlers.workerMain, workerEnvironment },
    );
    // The first request of a function starts a process.
    for (const { url } of [regions.east, regions.west]) await new JobClient({ url }).submit("echo", 0);
  });
  after(async () => {
    await regions?.stop();
    handlers?.remove();
  });

  for (const seed of testSeeds(2)) {
    it(`loses no job though the first is lost, and doubles only those without an answer, with seed ${seed}`, async () => {
      const random = createRandom(seed);
      const { east, west } = regions;
      const ledger = new Ledger([east, west]);
      const changes: Failover[] = [];
      const client = new JobClient({
        ...{ url: [east.url, west.url], failoverAfterSeconds, fetch: ledger.fetch },
        onFailover: (change) => changes.push(change),
      });
      const kind = seed % 2 === 0 ? "refuse" : "hang";
      let isOver = false;
      const submitAll = async (submitter: number) => {
        for (let count = 0; !isOver; count++) {
          const id = `seed-${seed}-${submitter}-${count}`;
          const batch = [...Array(10).keys()].map((index) => ({ type: "echo", payload: 0, id: `${id}-${index}` }));
          const isBatch = random() < batchShare;
          await ledger.time(isBatch ? client.submitMany(batch) : client.submit("echo", 0, { id }));
          await sleep(random() * 50);
        }
      };
      const submitting = [...Array(submitters).keys()].map(submitAll);
      await sleep(300 + random() * 1_500);
      east.cloud.outage.begin({ kind });
      await until(() => changes.length > 0);
      await sleep(random() * 3_000);
      isOver = true;
      await Promise.all(submitting);
      east.cloud.outage.end();
      expect(ledger.longestSeconds).to.be.below(failoverAfterSeconds + slackSeconds);
      expect(changes).to.have.length(1);
      expect(changes[0]).to.include({ from: `${east.url}/`, to: `${west.url}/` });

      const ran = () => new Set(handlers.ledger());
      const waiting = () => [...ledger.accepted].filter((job) => !ran().has(job));
      await until(
        () => waiting().length === 0,
        () => `all accepted jobs to run; ${waiting().length} wait, such as ${waiting()[0]}`,
      );
      const inEast = [...ran()].filter((line) => line.startsWith(`seed-${seed}-`) && line.endsWith("us-east-2"));
      const doubled = inEast.filter((job) => ran().has(job.replace("us-east-2", "us-west-2")));
      expect(doubled.filter((job) => !ledger.unanswered.has(job))).to.deep.equal([]);
    });
  }

  for (const kind of ["refuse", "hang"] as const) {
    it(`stays away from a region whose SNS is out, though that says it is well: ${kind}`, async () => {
      const { east, west } = regions;
      const changes: Failover[] = [];
      let time = 0;
      const jobsInEast: string[] = [];
      let looks = 0;
      const seeing: typeof fetch = async (input, init) => {
        const { origin, pathname } = new URL(input);
        if (origin === east.url && pathname === "/jobs") jobsInEast.push(...idsOf(init?.body as string));
        const response = await fetch(input, init);
        if (pathname === "/health") looks++;
        return response;
      };
      const origins = new Origins(
        {
          ...{ url: [east.url, west.url], failoverAfterSeconds, fetch: seeing },
          onFailover: (change) => changes.push(change),
        },
        { now: () => time },
      );
      const submissions = new Submissions(origins);
      const submit = async (id: string) => {
        const start = performance.now();
        const { url } = await submissions.submit("echo", 0, { id: `sns-${kind}-${id}` });
        expect((performance.now() - start) / 1_000).to.be.below(failoverAfterSeconds + slackSeconds);
        return url!.replace(/\/$/, "");
      };
      /** Lets a minute go by, and waits for the look at the health of the first region. */
      const minute = async (id: string) => {
        const before = looks;
        time += 60_000;
        expect(await submit(id)).to.equal(west.url);
        await until(() => looks === before + 1);
      };
      east.cloud.outage.begin({ kind, services: ["sns"] });
      expect(await submit("first")).to.equal(west.url);
      const health = await fetch(`${east.url}/health?deep=1`);
      expect(health.status, await health.text()).to.equal(200);
      await minute("before-the-trial");
      jobsInEast.length = 0;
      expect(await submit("trial")).to.equal(west.url);
      expect(await submit("after-the-trial")).to.equal(west.url);
      expect(jobsInEast).to.deep.equal([`sns-${kind}-trial`]);
      expect(changes).to.have.length(1);
      east.cloud.outage.end();
      await minute("after-the-outage");
      expect(await submit("second-trial")).to.equal(east.url);
      expect(changes[1]).to.include({ from: `${west.url}/`, to: `${east.url}/` });
      const line = (region: string) => (id: string) => `sns-${kind}-${id} ${region}`;
      const inWest = ["first", "before-the-trial", "trial", "after-the-trial", "after-the-outage"];
      const expected = [...inWest.map(line("us-west-2")), line("us-east-2")("second-trial")];
      const ran = () => handlers.ledger().filter((each) => each.startsWith(`sns-${kind}-`));
      await until(() => expected.every((each) => ran().includes(each)));
      // What east didn't answer may be published there once the outage is over.
      const unanswered = ["first", "trial"].map(line("us-east-2"));
      expect(ran().filter((each) => !expected.includes(each) && !unanswered.includes(each))).to.deep.equal([]);
    });
  }
});
