import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { testSeed } from "../support/seed";
import { byJourney, notEnforced } from "./elsewhere";
import { probes } from "./probes";
import { type Grant, grantsOf, nameOf, withhold } from "./statements";
import { startWorld, type World } from "./world";

/** A stage of a probe that takes longer has failed: on an idle machine none takes half of that. */
const stageSeconds = 9;
/** Clouds at once: most of the time is waiting. */
const worldCount = 3;
/** `PERMISSIONS_COUNT` takes so many of them, chosen by `TEST_SEED`. @default all */
const count = Number(process.env.PERMISSIONS_COUNT ?? Infinity);
/** Whatever a probe left undone is done by then. */
const healingSeconds = 45;

/**
 * Each statement, and each of its actions, that the local cloud enforces is taken away in turn: a journey must fail.
 */
describe("without any one permission", () => {
  const worlds: World[] = [];
  /** Statements that each probe uses when all is well. */
  const uses = new Map<string, Set<string>>();
  let grants: Grant[];

  before(async () => {
    // One after the other: Pulumi's runtime takes one program at a time.
    while (worlds.length < worldCount) worlds.push(await startWorld());
    await Promise.all(worlds.map((world) => ready(world)));
    const [world] = worlds;
    for (const [name, probe] of Object.entries(probes)) {
      const before = countsOf(world!);
      await probe(world!, healingSeconds);
      const used = [...countsOf(world!)].filter(([grant, count]) => count > (before.get(grant) ?? 0));
      uses.set(name, new Set(used.map(([grant]) => grant)));
    }
    grants = grantsOf(world!.journey.cloud).filter(({ statement }) => statement.owner.includes("jobs-"));
  });

  after(async () => {
    await Promise.all(worlds.map((world) => world.end()));
  });

  const isUsed = (name: string) => [...uses.values()].some((used) => used.has(name));
  const isTrustOfLambda = (name: string) => /trust/.test(name) && !isUsed(name);

  it("leaves none out: what no probe uses is in one of two lists", () => {
    const rest = grants.map(({ name }) => name).filter((name) => !isUsed(name) && !isTrustOfLambda(name));
    const unlisted = rest.filter((name) => !(name in byJourney) && !isListed(name));
    expect(unlisted, "used by nothing, or by no journey").to.deep.equal([]);
    const listed = Object.keys(notEnforced).filter((name) => name.startsWith("type-"));
    expect(listed.filter(isUsed), "listed, and used").to.deep.equal([]);
  });

  it("some journey fails", async () => {
    const all = grants.map(({ name }) => name).filter((name) => isUsed(name) && !(name in byJourney));
    const selected = chooseSome(all);
    console.log(`      ${selected.length} of ${all.length}, by TEST_SEED=${testSeed}`);
    const waiting = [...selected];
    const superfluous: string[] = [];
    const work = async (world: World) => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        const failing = await findFailing(world, name);
        if (failing === undefined) superfluous.push(name);
      }
    };
    await Promise.all(worlds.map(work));
    expect(all.length).to.be.greaterThan(40);
    expect(superfluous).to.deep.equal([]);
  });

  it("no function could be deployed whose role doesn't trust Lambda", () => {
    const { cloud } = worlds[0]!.journey;
    for (const { spec } of cloud.lambdas.list()) {
      const name = grants.find(
        ({ statement, action }) => statement.owner === spec.roleArn && action === "sts:AssumeRole",
      );
      expect(cloud.iam.mayAssume("lambda.amazonaws.com", spec.roleArn!)).to.equal(true);
      const { restore } = withhold(cloud, name!.name);
      expect(cloud.iam.mayAssume("lambda.amazonaws.com", spec.roleArn!)).to.equal(false);
      restore();
    }
  });

  for (const [name, { file, test }] of Object.entries(byJourney)) {
    it(`${name}: a longer journey fails`, async function () {
      if (count < Infinity) this.skip();
      expect(await statusOf(file, test)).to.equal(0);
      expect(await statusOf(file, test, name)).to.equal(1);
    });
  }

  /** The first probe that fails without the grant and misses it; the world is whole again then. */
  async function findFailing(world: World, name: string): Promise<string | undefined> {
    const candidates = [...uses].filter(([, used]) => used.has(name)).map(([probe]) => probe);
    for (const candidate of candidates) {
      const { misses, restore } = withhold(world.journey.cloud, name);
      const hasFailed = await probes[candidate]!(world, stageSeconds).then(
        () => false,
        () => true,
      );
      restore();
      if (!hasFailed) continue;
      await probes[candidate]!(world, healingSeconds).catch(() => probes[candidate]!(world, healingSeconds));
      if (misses() > 0) return candidate;
    }
    return undefined;
  }
});

/** Those that `PERMISSIONS_ONLY` is a part of, in an order that only the seed decides. */
function chooseSome(names: string[]): string[] {
  const rank = (name: string) => createHash("sha256").update(`${testSeed} ${name}`).digest("hex");
  const wanted = names.filter((name) => name.includes(process.env.PERMISSIONS_ONLY ?? ""));
  return wanted.sort((one, other) => (rank(one) < rank(other) ? -1 : 1)).slice(0, count);
}

async function ready(world: World): Promise<void> {
  const isInService = () =>
    world.journey.cloud.groups
      .list()
      .some(({ instances }) => instances.some((each) => each.lifecycleState === "InService"));
  await world.within(healingSeconds, isInService);
}

function countsOf({ journey }: World): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { statement, action, count } of journey.cloud.iam.usage.list()) {
    const name = nameOf(statement, action);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}

function isListed(name: string): boolean {
  return name in notEnforced || name.replace(/^\S+/, "*") in notEnforced;
}

/** Runs one test of a journey in a process of its own, without the grant; resolves to the number of failures. */
async function statusOf(file: string, test: string, without = ""): Promise<number> {
  const mocha = createRequire(__filename).resolve("mocha/bin/mocha.js");
  const child = spawn(process.execPath, [mocha, `test/journeys/${file}.test.ts`, "--fgrep", test], {
    cwd: packageRoot(),
    env: { ...process.env, PERMISSIONS_WITHOUT: without },
    stdio: "ignore",
  });
  const [status] = (await once(child, "exit")) as [number];
  return status;
}
