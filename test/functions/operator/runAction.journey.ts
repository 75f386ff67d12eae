import { expect } from "chai";
import type { ActionVerb, JobFilter } from "../../../contract/http/jobFilter";
import { decodeMessage, type JobEnvelope } from "../../../contract/messages/envelope";
import { errorKeyOf } from "../../../contract/records/errorKey";
import { endedAs, listKeyOf } from "../../../contract/records/listKey";
import { isFinal, type JobRecord, jobStates } from "../../../contract/records/record";
import type { JobRecords } from "../../../functions/frontend/effects";
import type { JobIndex } from "../../../functions/frontend/listJobs";
import type { ActionRequest } from "../../../functions/operator/actions/actions";
import { createActs } from "../../../functions/operator/actions/acts";
import { runAction } from "../../../functions/operator/actions/runAction";
import type { Requeue } from "../../../functions/shared/tables/requeueRecord";
import { testSeeds } from "../../support/seed";
import { wordCount } from "../support/fakeFrontend";
import { MemoryActions } from "../support/memoryActions";

const start = Date.parse("2026-11-20T10:00:00.000Z");
const isoOf = (time: number) => new Date(time).toISOString();

/** A generator of numbers from 0 to below 1 ("mulberry32"). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const errors = [
  { name: "TypeError", message: "no field 17" },
  { name: "TypeError", message: "no field 4711" },
  { name: "RangeError", message: 'row "a" is too long' },
];

/** Ten thousand mixed jobs with all services in memory, and a ledger of what became of them. */
class World {
  now = start;
  readonly jobs = new Map<string, JobRecord>();
  readonly before: Map<string, JobRecord>;
  readonly actions = new MemoryActions();
  /** Number of runs since the start, of cancellations, and the jobs' replays. */
  readonly runs = new Map<string, number>();
  readonly cancels = new Map<string, number>();
  readonly replays: JobRecord[] = [];
  watched = 0;
  private readonly newest = new Map<string, { id: string; at: string }[]>();
  private readonly waiting: JobEnvelope[] = [];
  private runCount = 0;

  constructor(readonly random: () => number) {
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
    for (let index = 0; index < 10_000; index++) {
      const id = `j${index}`;
      const type = index % 10 === 0 ? "checksum" : "word-count";
      const state = pick(jobStates);
      const submittedAt = isoOf(start - 3_600_000 + index * 300);
      const finishedAt = isFinal(state) ? isoOf(start - Math.floor(random() * 100_000)) : undefined;
      const listKey = listKeyOf(type, id);
      const labels = { campaign: pick(["spring", "autumn"]) };
      const record = { id, type, state, attempts: 1, submittedAt, listKey, labels, tenant: pick(["a", "b"]) };
      const ended = { finishedAt, ...(state === "failed" && { error: pick(errors) }) };
      const isUnsuccessful = state === "failed" || state === "cancelled";
      const job = { ...record, ...ended, ...(isUnsuccessful && { endedAs: endedAs(state, finishedAt!) }) };
      this.jobs.set(id, job);
      this.newest.set(listKey, [{ id, at: submittedAt }, ...(this.newest.get(listKey) ?? [])]);
    }
    this.before = structuredClone(this.jobs);
  }

  /** Runs an action once; it dies at the given call, as its process would. */
  async run(id: string, callsUntilDeath: number, hooks: { beforePage?: () => Promise<unknown> } = {}): Promise<void> {
    let calls = 0;
    const dying =
      <Args extends unknown[], Value>(call: (...args: Args) => Promise<Value>) =>
      async (...args: Args) => {
        this.now += 3;
        if (++calls > callsUntilDeath) throw new Error("killed");
        const value = await call(...args);
        if (calls === callsUntilDeath) calls++;
        if (calls > callsUntilDeath) throw new Error("killed");
        return value;
      };
    const { actions } = this;
    const payloads = {
      keep: dying(async () => undefined),
      read: dying(async () => ({ payload: { text: "a" } })),
      renew: dying(async () => ({ payload: { text: "a" } })),
      remove: dying(async () => undefined),
    };
    const effects = { now: () => this.now, log: () => undefined };
    const acts = createActs({
      ...{ ...effects, payloads, keepPayloads: payloads.keep },
      records: {
        create: dying((record) => this.create(record)),
        read: dying(async (id) => structuredClone(this.jobs.get(id))),
        requestCancel: dying(async (record, now, by) => this.requestCancel(record, now, by)),
      } satisfies JobRecords,
      requeue: dying(async (record, retry) => this.requeue(record, retry)),
      jobTypes: { find: dying(async () => wordCount) },
      publish: dying(async ([message]) => this.publish(message!.body)),
      actOnLarge: () => Promise.reject(new Error("no payload is in S3 here")),
      redrive: dying(async ({ ids }) => Object.fromEntries(ids.map((id) => [id, "absent" as const]))),
      announce: dying(async () => undefined),
      later: { unschedule: dying(async () => undefined) },
    });
    await runAction(
      {
        ...{ ...effects, acts, newId: () => `run-${++this.runCount}` },
        actions: {
          ...{
            create: actions.create.bind(actions),
            list: actions.list.bind(actions),
            stop: actions.stop.bind(actions),
          },
          read: dying((id) => actions.read(id)),
          take: dying((...args) => actions.take(...args)),
          report: dying(async (...args) => {
            await hooks.beforePage?.();
            return actions.report(...args);
          }),
        },
        index: { page: dying((...args) => this.page(...args)), readMany: dying((ids) => this.readMany(ids)) },
        watch: { begin: async () => undefined, end: dying(async () => void this.watched--) },
        pause: async (milliseconds) => void (this.now += milliseconds),
      },
      id,
      () => true,
    ).catch((error: Error) => {
      if (error.message !== "killed") throw error;
    });
  }

  /** Runs until it has ended: a run that dies is followed by another one once its lease is over. */
  async runToEnd(id: string, deathWithin: number, hooks = {}): Promise<void> {
    this.watched++;
    for (let runs = 0; ; runs++) {
      await this.run(id, 1 + Math.floor(this.random() * deathWithin), hooks);
      const { state } = (await this.actions.read(id))!;
      if (state !== "running" && state !== "counting") break;
      expect(runs).to.be.below(5_000);
      this.now += 61_000;
    }
    for (const envelope of this.waiting.splice(0)) this.deliver(envelope);
  }

  async ask(action: ActionVerb, filter: JobFilter, more: Partial<ActionRequest> = {}): Promise<string> {
    const id = `action-${++this.runCount}`;
    const state = action === "cancel" ? {} : { state: "failed" as const };
    await this.actions.create({ id, action, filter: { ...state, ...filter }, startedAt: isoOf(this.now), ...more });
    return id;
  }

  private async page(...[part, { from = "", to = "~" }, count, at = 0]: Parameters<JobIndex["page"]>) {
    const all =
      "listKey" in part
        ? this.newest.get(part.listKey)!
        : [...this.jobs.values()]
            .filter(({ type, endedAs }) => type === part.type && endedAs?.startsWith(part.state))
            .map(({ id, finishedAt }) => ({ id, at: finishedAt! }))
            .sort((one, other) => (one.at > other.at ? -1 : 1));
    const places = all.filter((place) => from <= place.at && place.at <= to);
    const end = (at as number) + count;
    return { places: places.slice(at as number, end), next: end < places.length ? end : undefined };
  }

  private async readMany(ids: string[]): Promise<JobRecord[]> {
    return structuredClone(ids.flatMap((id) => this.jobs.get(id) ?? []));
  }

  private async create(record: JobRecord): Promise<JobRecord | undefined> {
    const present = this.jobs.get(record.id);
    if (present) return present;
    this.jobs.set(record.id, record);
    this.replays.push(record);
    return undefined;
  }

  private requestCancel(seen: JobRecord, now: number, cancelledBy?: string): JobRecord | undefined {
    const record = this.jobs.get(seen.id)!;
    if (record.state !== seen.state) return undefined;
    const { cancelRequestedAt = isoOf(now) } = record;
    if (record.cancelRequestedAt === undefined) this.count(this.cancels, record.id);
    const end = { state: "cancelled", finishedAt: isoOf(now), endedAs: endedAs("cancelled", isoOf(now)) } as const;
    this.jobs.set(record.id, { ...record, cancelRequestedAt, cancelledBy, ...(record.state === "queued" && end) });
    return this.jobs.get(record.id);
  }

  private requeue(seen: JobRecord, { at, key }: Requeue): boolean {
    const record = this.jobs.get(seen.id)!;
    if (record.state !== seen.state || record.finishedAt !== seen.finishedAt) return false;
    const retried = { retriedAt: at, retryKey: key, finishedAt: undefined, endedAs: undefined };
    this.jobs.set(record.id, { ...record, ...retried, state: "queued" });
    return true;
  }

  /** The message comes at once or later. Sometimes it isn't known that it was taken. */
  private publish(body: string): undefined[] {
    const decoded = decodeMessage(body);
    if (!decoded.ok || !decoded.value[0]!.job.ok) throw new Error("Expected a message with a job");
    const envelope = decoded.value[0]!.job.value;
    if (this.random() < 0.5) this.deliver(envelope);
    else this.waiting.push(envelope);
    if (this.random() < 0.3) this.waiting.push(envelope);
    return [undefined];
  }

  /** A worker takes the message, as `decideClaim` has it, and the job fails again. */
  private deliver({ id, retry }: JobEnvelope): void {
    const record = this.jobs.get(id)!;
    const isRetry = retry !== undefined && isFinal(record.state) && retry.of === record.finishedAt;
    if (record.state !== "queued" && !isRetry) return;
    this.count(this.runs, id);
    const finishedAt = isoOf(++this.now);
    const marks = isRetry ? { retriedAt: retry.at, retryKey: retry.key } : {};
    const ended = { state: "failed", error: errors[0], finishedAt, endedAs: endedAs("failed", finishedAt) } as const;
    this.jobs.set(id, { ...record, ...marks, ...ended });
  }

  private count(counts: Map<string, number>, id: string): void {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  /** Ids of jobs that a filter chose at the start. */
  chosen(fits: (record: JobRecord) => boolean): string[] {
    return [...this.before.values()].filter(fits).map(({ id }) => id);
  }
}

const once = (ids: string[]) => new Map(ids.map((id) => [id, 1]));

describe("an action on many of 10,000 jobs, killed anywhere", () => {
  for (const seed of testSeeds(3)) {
    it(`retries each that it is for once, and no other (seed ${seed})`, async () => {
      const world = new World(randomFrom(seed));
      const errorKey = errorKeyOf(errors[0]!);
      const id = await world.ask("retry", { type: "word-count", label: "campaign:spring", errorKey });
      await world.runToEnd(id, 300);
      const fits = ({ type, state, labels, error }: JobRecord) =>
        type === "word-count" && state === "failed" && labels!.campaign === "spring" && error!.name === "TypeError";
      const chosen = world.chosen(fits);
      expect(world.runs).to.deep.equal(once(chosen));
      const { counts, problems } = (await world.actions.read(id))!;
      const all = { matched: chosen.length, done: chosen.length, skipped: 0, failed: 0 };
      expect({ counts, problems }).to.deep.equal({ counts: all, problems: [] });
      expect(world.watched).to.be.at.most(0);
      for (const [jobId, record] of world.before) {
        if (!chosen.includes(jobId)) expect(world.jobs.get(jobId)).to.deep.equal(record);
      }
    }).timeout(60_000);

    it(`cancels each that waits or runs once, and no other (seed ${seed})`, async () => {
      const world = new World(randomFrom(seed));
      const id = await world.ask("cancel", { type: "word-count", tenant: "a" });
      await world.runToEnd(id, 300);
      const isLive = ({ type, state, tenant }: JobRecord) => type === "word-count" && tenant === "a" && !isFinal(state);
      const chosen = world.chosen(isLive);
      expect(world.cancels).to.deep.equal(once(chosen));
      expect((await world.actions.read(id))!.counts).to.include({ matched: chosen.length, done: chosen.length });
      expect(world.runs.size).to.equal(0);
    }).timeout(60_000);

    it(`replays each once, and changes none (seed ${seed})`, async () => {
      const world = new World(randomFrom(seed));
      const id = await world.ask("replay", { type: "checksum", state: "succeeded" });
      await world.runToEnd(id, 300);
      const chosen = world.chosen(({ type, state }) => type === "checksum" && state === "succeeded");
      expect(world.replays.map(({ replayOf }) => replayOf)).to.have.members(chosen);
      expect(world.runs).to.deep.equal(once(world.replays.map(({ id }) => id)));
      for (const [jobId, record] of world.before) expect(world.jobs.get(jobId)).to.deep.equal(record);
    }).timeout(60_000);

    it(`acts once on the jobs that two actions at once are for (seed ${seed})`, async () => {
      const world = new World(randomFrom(seed));
      const ids = [
        await world.ask("retry", { type: "word-count" }),
        await world.ask("retry", { type: "word-count", tenant: "a" }),
      ];
      await Promise.all(ids.map((id) => world.runToEnd(id, 300)));
      const chosen = world.chosen(({ type, state }) => type === "word-count" && state === "failed");
      expect(world.runs).to.deep.equal(once(chosen));
      const [one, other] = await Promise.all(ids.map(async (id) => (await world.actions.read(id))!.counts));
      expect(one!.done + other!.done).to.equal(chosen.length);
      expect(one!.done + one!.skipped).to.equal(one!.matched);
    }).timeout(60_000);
  }

  for (const [at, done] of [
    [1, 0],
    [2, 25],
    [20, 250],
  ]) {
    it(`ends with the page under way where it is stopped, and says what it did (report ${at})`, async () => {
      const world = new World(randomFrom(1));
      const id = await world.ask("retry", { type: "word-count" });
      let reports = 0;
      const beforePage = async () => (++reports === at ? world.actions.stop(id, isoOf(world.now)) : undefined);
      await world.runToEnd(id, 1_000_000, { beforePage });
      const { state, counts, finishedAt } = (await world.actions.read(id))!;
      expect(state).to.equal("stopped");
      expect(finishedAt).to.be.a("string");
      expect([counts.done, world.runs.size]).to.deep.equal([done, done]);
      await world.run(id, 1_000);
      expect(world.runs.size).to.equal(done);
    });
  }

  it("only counts in a dry run", async () => {
    const world = new World(randomFrom(1));
    const id = await world.ask("retry", { type: "word-count", errorName: "RangeError" }, { dryRun: true });
    await world.runToEnd(id, 20);
    const fits = ({ type, error }: JobRecord) => type === "word-count" && error?.name === "RangeError";
    const matched = world.chosen(fits).length;
    const { state, counts } = (await world.actions.read(id))!;
    expect({ state, counts }).to.deep.equal({ state: "done", counts: { matched, done: 0, skipped: 0, failed: 0 } });
    expect(world.jobs).to.deep.equal(world.before);
  });

  it("keeps to its rate", async () => {
    const world = new World(randomFrom(1));
    const id = await world.ask("cancel", { type: "checksum" }, { ratePerSecond: 5 });
    await world.run(id, 1_000_000);
    const { done } = (await world.actions.read(id))!.counts;
    expect(done).to.be.above(300);
    // But for the last page, after which nothing is to wait.
    expect((world.now - start) / 1_000).to.be.within((done - 25) / 5, done / 5 + 10);
  });

  it("leaves named jobs that don't fit, and says why", async () => {
    const world = new World(randomFrom(1));
    const idOf = (state: JobRecord["state"]) => world.chosen((record) => record.state === state)[0]!;
    const ids = [idOf("failed"), idOf("cancelled"), "unknown", idOf("succeeded"), idOf("running"), "un known"];
    await world.actions.create({ id: "named", action: "retry", ids, startedAt: isoOf(world.now) });
    await world.runToEnd("named", 10);
    const { counts, problems } = (await world.actions.read("named"))!;
    expect(counts).to.deep.equal({ matched: 6, done: 2, skipped: 4, failed: 0 });
    expect(problems).to.deep.equal([
      { id: "unknown", code: "job-not-found" },
      { id: ids[3], code: "job-succeeded" },
      { id: ids[4], code: "job-not-ended" },
      { id: "un known", code: "job-not-found" },
    ]);
    expect(world.runs).to.deep.equal(once(ids.slice(0, 2)));
  });
});
