import { expect } from "chai";
import { encodeEnvelope } from "../../../contract/messages/envelope";
import { decodeRecord } from "../../../contract/records/record";
import { type Job } from "../../../worker-image/src/handlers/handler";
import { type RunEvents, type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { SqsQueue } from "../../../worker-image/src/queue/sqsQueue";
import { DynamoCheckpoints } from "../../../worker-image/src/records/checkpoints";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import { sleep } from "../../../worker-image/src/support/clock";
import { Worker } from "../../../worker-image/src/worker";
import { FakeAws, type FakeClient, type ServiceName } from "../../outages/fakeAws";
import { testSeeds } from "../../support/seed";
import { envelope, settings as anySettings } from "../helpers/doubles";
import { FakeClock } from "../helpers/fakeClock";

const parts = 4;
const urls = { queueUrl: "https://q/jobs", deadLetterQueueUrl: "https://q/dead" };
const settings = { ...anySettings, ...urls, slots: 1, maxAttempts: 20, timeoutSeconds: 40, drainSeconds: 2 };
const graceful = ["drain", "spot", "timeout", "failure"] as const;
const abrupt = ["kill", "freeze"] as const;
type Interruption = (typeof graceful | typeof abrupt)[number];

/** Numbers from 0 to 1 ("mulberry32"). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A job of four parts, a worker that runs it, and the services in memory, on one clock. */
class World {
  readonly clock = new FakeClock();
  readonly done: number[] = [];
  /** Part after which the next attempt is to go on; undefined if the last one was cut off, and may have lost it. */
  goesOnAfter: number | undefined = 0;
  /** Checkpoints of attempts that should have had others. */
  readonly faults: number[] = [];
  private readonly aws = new FakeAws(this.clock);
  private readonly machines: Machine[] = [];

  constructor(readonly random: () => number) {
    for (const url of Object.values(urls)) this.aws.queue(url);
    for (const table of ["jobs", "payloads"]) this.aws.tables.set(table, new Map());
    this.aws.put(urls.queueUrl, encodeEnvelope(envelope()));
    this.launch();
  }

  get machine(): Machine {
    return this.machines.at(-1)!;
  }

  get record() {
    const item = this.aws.tables.get("jobs")!.get(JSON.stringify([{ S: "job-1" }]));
    return item && decodeRecord(item);
  }

  get checkpoint() {
    return this.aws.tables.get("payloads")!.get(JSON.stringify([{ S: "echo" }, { S: "job-1#checkpoint" }]));
  }

  client(service: ServiceName): FakeClient {
    return this.aws.client(service, "worker", { tries: 1, timeout: 8_000 });
  }

  launch(): void {
    this.machines.push(new Machine(this, `w${this.machines.length}`));
  }

  /** Lets everything end. */
  async stop(): Promise<void> {
    for (const machine of this.machines) {
      machine.thaw();
      machine.worker.drain("end", 0);
    }
    await this.clock.advance(600_000);
  }
}

/** A worker's machine, which may stand still, for a while or for ever. */
class Machine {
  readonly worker: Worker;
  /** End of the present attempt that the handler is to bring about. */
  next?: "timeout" | "failure";
  /** The last part that its present or last attempt knows as done. */
  private reached = 0;
  private moving?: Promise<void>;
  thaw: () => void = () => undefined;

  constructor(
    private readonly world: World,
    name: string,
  ) {
    const { clock, random } = world;
    const client = (service: ServiceName) => {
      const inMemory = world.client(service);
      const slow = async (...call: Parameters<FakeClient["send"]>) => {
        await this.moving;
        await sleep(clock, random() * 20);
        await this.moving;
        return inMemory.send(...call);
      };
      return { send: slow } as never;
    };
    const dynamo = client("dynamodb");
    this.worker = new Worker({
      ...{ settings, workerId: name, slots: 1, clock, random, log: () => undefined },
      queue: new SqsQueue(client("sqs"), { ...settings, clock }),
      records: new DynamoRecords(dynamo, "jobs"),
      checkpoints: new DynamoCheckpoints(dynamo, "payloads", "echo", clock),
      runner: {
        start: () => Promise.resolve(),
        run: async (job, signal, events) => {
          const outcome = await this.handle(job, signal, events);
          if (!this.moving) world.goesOnAfter = this.reached;
          return outcome;
        },
        killNow: () => undefined,
        close: () => Promise.resolve(),
      },
    });
    void this.worker.run();
  }

  freeze(): void {
    this.world.goesOnAfter = undefined;
    this.moving = new Promise((resolve) => (this.thaw = resolve));
  }

  private async handle(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    const { clock, random, done } = this.world;
    const { part = 0 } = (job.checkpoint ?? {}) as { part?: number };
    this.reached = part;
    if (this.world.goesOnAfter !== undefined && part !== this.world.goesOnAfter) this.world.faults.push(part);
    for (let next = part + 1; next <= parts; next++) {
      const { next: ending } = this;
      this.next = undefined;
      if (ending === "failure") return { kind: "failed", error: { name: "Error", message: "no" }, isPermanent: false };
      await sleep(clock, ending === "timeout" ? 100_000 : 100 + random() ** 4 * 4_000, signal);
      await this.moving;
      if (signal.aborted) return { kind: "stopped" };
      done.push(next);
      this.reached = next;
      events.onCheckpoint!(JSON.stringify({ part: next }));
    }
    return { kind: "succeeded", result: true };
  }
}

async function interrupt(world: World, kind: Interruption): Promise<void> {
  const { machine, clock, random } = world;
  switch (kind) {
    case "timeout":
    case "failure":
      machine.next = kind;
      return;
    case "drain":
    case "spot":
      machine.worker.drain(kind, kind === "spot" ? random() / 2 : undefined);
      return world.launch();
    case "kill":
      machine.freeze();
      return world.launch();
    case "freeze":
      machine.freeze();
      world.launch();
      // Its lease has ended by then, and another worker has the job.
      await clock.advance(31_000 + random() * 40_000);
      return machine.thaw();
  }
}

describe("a job of four parts that is interrupted at random", () => {
  for (const seed of testSeeds(20)) {
    it(`does each part at most twice, and skips none: TEST_SEED=${seed} TEST_ROUNDS=1`, async () => {
      const random = randomOf(seed);
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
      const kinds: Interruption[] = Array.from({ length: 3 }, () => pick(graceful));
      // Those that lose what was done in the last second; a second one could hit the same part.
      if (random() < 0.7) kinds.splice(Math.floor(random() * 4), 0, pick(abrupt));
      const world = new World(random);
      for (const kind of kinds) {
        for (let turn = 0; world.machine.worker.busySlots === 0 && turn < 1_000; turn++) await world.clock.advance(100);
        await world.clock.advance(random() * 1_000);
        await interrupt(world, kind);
      }
      for (let turn = 0; world.record?.state !== "succeeded" && turn < 100; turn++) await world.clock.advance(10_000);
      await world.stop();
      const about = `${kinds.join(", ")}; done: ${world.done.join(" ")}; ${JSON.stringify(world.record)}`;
      expect(world.record?.state, about).to.equal("succeeded");
      expect(new Set(world.done), about).to.deep.equal(new Set([1, 2, 3, 4]));
      expect(world.faults, about).to.deep.equal([]);
      for (const part of [1, 2, 3, 4]) {
        expect(world.done.filter((each) => each === part).length, `part ${part}: ${about}`).to.be.at.most(2);
      }
    });
  }

  it("isn't set back by a worker that resumes after it lost the lease", async () => {
    const world = new World(randomOf(1));
    while (world.done.length < 2) await world.clock.advance(50);
    const [frozen] = [world.machine];
    frozen.freeze();
    world.launch();
    while (world.done.length < 4) await world.clock.advance(1_000);
    await world.clock.advance(5_000);
    const [record, checkpoint] = [world.record, world.checkpoint];
    expect(record?.state).to.equal("succeeded");
    frozen.thaw();
    await world.clock.advance(60_000);
    expect(world.done.length).to.be.greaterThan(4);
    expect([world.record, world.checkpoint]).to.deep.equal([record, checkpoint]);
    await world.stop();
  });
});
