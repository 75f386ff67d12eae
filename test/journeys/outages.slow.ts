import { testSeeds } from "../support/seed";
import { liveThrough, type OutageJourney, startOutageJourney } from "./support/outageJourney";
import { type OutageKind } from "./support/outageOf";

const seconds = Number(process.env.CHAOS_OUTAGE_SECONDS ?? 120);
const services = ["dynamodb", "sns", "sqs", "s3", "lambda", "autoscaling"];
const kinds: OutageKind[] = ["refuse", "hang", "throttle"];
/** Seeds that differ by a multiple of three have the same outages. */
const variants = [...new Set(testSeeds(2).map((seed) => seed % kinds.length))];

/** Each service is away in a cloud of its own, all at the same time; the seed says how, in one of three ways. */
describe("an outage of each service", () => {
  for (const variant of variants) {
    const planned = services.map((service, at) => [service, kinds[(variant + at) % kinds.length]!] as const);

    it(`affects no job: ${planned.map(([service, kind]) => `${service} ${kind}`).join(", ")}`, async () => {
      const worlds: OutageJourney[] = [];
      try {
        // Programs run one after another.
        for (const [service, kind] of planned) worlds.push(await startOutageJourney(service, kind));
        await Promise.all(worlds.map((world) => liveThrough(world, seconds)));
      } finally {
        for (const { journey, handlers } of worlds) {
          await journey.stop();
          handlers.remove();
        }
      }
    });
  }
});
