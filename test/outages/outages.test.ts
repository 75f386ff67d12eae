import { expect } from "chai";
import { createRandom } from "../journeys/support/chaos/chaos";
import { testSeeds } from "../support/seed";
import { type Kind, kinds, type ServiceName, services } from "./fakeAws";
import { urls, World } from "./world";

const outageMilliseconds = 3 * 3_600_000;
const minute = 60_000;
const workers = ["w1", "w2"];

/**
 * A world in which jobs come before, at the beginning of, during and after an outage of the service, and go on until
 * all is over.
 */
async function runThrough(service: ServiceName, kind: Kind, seed: number) {
  const random = createRandom(seed);
  const world = new World(random);
  const { clock, aws } = world;
  world.start();
  await clock.advance(minute);
  const ids: string[] = [];
  const submit = (ms: number, s3 = false) => {
    const id = `job-${ids.length}${s3 ? "-s3" : ""}`;
    ids.push(id);
    void world.submit(id, { ms, ...(s3 && { s3 }) });
  };
  const submitSome = (count: number) => {
    for (let at = 0; at < count; at++) submit(Math.floor(random() * 90_000), service === "s3" && at % 2 === 0);
  };
  submitSome(6);
  await clock.advance(Math.floor(random() * 60_000));
  const begun = clock.now();
  aws.outage = { service, kind };
  submitSome(3);
  const health: string[] = [];
  for (let passed = 0; passed < outageMilliseconds; passed += 15 * minute) {
    await clock.advance(15 * minute);
    submitSome(1);
    health.push(...workers.map((name) => JSON.stringify(world.health(name))));
  }
  const ended = clock.now();
  aws.outage = undefined;
  await clock.advance(45 * minute);
  submitSome(1);
  await clock.advance(15 * minute);
  const letters = aws.queues.get(urls.dead)!.messages.map(({ body }) => (JSON.parse(body) as { id: string }).id);
  await world.stop();
  return { world, ids, letters, health, begun, ended };
}

type Outcome = Awaited<ReturnType<typeof runThrough>>;

/** The most calls that a worker made to the service in any minute, from a minute after the outage began to its end. */
function mostCallsAMinute({ world, begun, ended }: Outcome, service: ServiceName, worker: string): number {
  const at = world.aws.calls
    .filter((call) => call.service === service && call.caller === worker)
    .map((call) => call.at)
    .filter((time) => time >= begun + minute && time < ended);
  return Math.max(0, ...at.map((from) => at.filter((time) => time >= from && time < from + minute).length));
}

/** Services that a worker's health names when they throttle it, without blame for the instance. */
const namesInHealth: Partial<Record<ServiceName, string>> = {
  sqs: "SQS",
  dynamodb: "DynamoDB",
  autoscaling: "Auto Scaling",
};

describe("an outage of three hours", () => {
  for (const service of services) {
    for (const kind of kinds) {
      for (const seed of testSeeds(1)) {
        it(`of ${service} (${kind}) fails no job, causes no busy retries and recovers by itself, with seed ${seed}`, async () => {
          const outcome = await runThrough(service, kind, seed);
          const { world, ids, letters, health } = outcome;
          const hasRun = new Set(world.runs.map(({ id }) => id));
          // A handler that needs the service may use up its attempts; nothing else may be given up.
          expect(letters.filter((id) => !hasRun.has(id) || !id.endsWith("s3"))).to.deep.equal([]);
          for (const id of ids) {
            const { state } = world.record(id);
            const about = `${id}: ${JSON.stringify(world.record(id))}`;
            if (letters.includes(id)) expect(state, about).to.equal("failed");
            else expect(state, about).to.equal("succeeded");
            expect(
              world.ends.filter((end) => end.id === id && end.state === state).length,
              `ends of ${id}`,
            ).to.be.at.least(1);
          }
          // What has ended is recorded, however late, and never run again.
          const finished = world.runs.filter(({ outcome: how }) => how === "succeeded").map(({ id }) => id);
          expect(finished.length).to.equal(new Set(finished).size);
          for (const worker of workers) {
            expect(mostCallsAMinute(outcome, service, worker), `calls of ${worker}`).to.be.at.most(6);
          }
          expect(
            world.lines.filter(({ event }) => event === "event-lost"),
            "events lost",
          ).to.deep.equal([]);
          expect(world.aws.marked, "instances marked unhealthy").to.deep.equal([]);
          // Workers have added all of their time, and none of it twice.
          const lifeSeconds = world.lifeMilliseconds / 1_000;
          expect(world.usage("instanceSeconds"), "time of instances").to.be.closeTo(lifeSeconds, 0.01);
          expect(world.usage("jobs"), "jobs ended").to.equal(ids.length);
          expect(world.clock.pendingTimers).to.equal(0);
          const name = kind === "throttle" && namesInHealth[service];
          if (name)
            for (const each of health)
              expect(each).to.match(new RegExp(`"working".*${name}.* has answered no call since`));
        });
      }
    }
  }
});
