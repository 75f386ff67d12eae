import fc from "fast-check";
import type { FleetState } from "../../../contract/fleet/state";
import type { JobRecord } from "../../../contract/records/record";
import type { Past } from "../../../functions/operator/services/readPast";
import type { FleetItems } from "../../../functions/scaler/fleetItems";
import type { InstanceItem } from "../../../functions/scaler/rules/fleetView";
import { FakeScaler } from "./fakeScaler";
import { now as start } from "./fleetViews";

export const stepSeconds = 5;

/** A job of the simulation. Seconds are from its begin. */
export interface SimulatedJob {
  at: number;
  seconds: number;
  kind: "usual" | "unpublished" | "delayed" | "failing";
  /** Delay of its start, or of its second attempt. */
  delay: number;
}

/** Any fleet, with up to twelve jobs within a quarter of an hour. */
export const anyConditions: fc.Arbitrary<Conditions> = fc.record({
  jobs: fc.array(
    fc.record({
      at: fc.integer({ min: 5, max: 900 }),
      seconds: fc.integer({ min: 5, max: 400 }),
      kind: fc.constantFrom(
        "usual" as const,
        "usual" as const,
        "unpublished" as const,
        "delayed" as const,
        "failing" as const,
      ),
      delay: fc.integer({ min: 5, max: 600 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  slots: fc.integer({ min: 1, max: 2 }),
  maxInstances: fc.integer({ min: 1, max: 3 }),
  launchSeconds: fc.integer({ min: 10, max: 300 }),
  launchesFail: fc.boolean(),
  outage: fc.tuple(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 1_500 })),
});

export interface Conditions {
  jobs: SimulatedJob[];
  slots: number;
  maxInstances: number;
  launchSeconds: number;
  launchesFail: boolean;
  /** Time in which the scaler doesn't run. */
  outage: [from: number, to: number];
}

interface Job extends SimulatedJob {
  record: JobRecord;
  isVisible: boolean;
  endsAt?: number;
}

interface Instance {
  id: string;
  readyAt: number;
  jobs: Job[];
  usedAt: number;
}

/** The truth about a fleet at a time. */
export interface Truth {
  inService: number;
  desired: number;
  /** True if each slot of each instance in service is busy. */
  isFull: boolean;
  messages: number;
  /** Those of the messages whose time has not come. */
  delayed: number;
}

/** A change of desired capacity. */
export interface CapacityChange {
  at: number;
  by: "scaler" | "worker";
  difference: number;
}

/** A type's queue, group and workers in steps, on the scaler's own code; its fleet item is kept in memory. */
export class SimulatedFleet {
  readonly state: FleetState = {};
  readonly jobs: Job[] = [];
  readonly truths = new Map<number, Truth>();
  /** All changes of capacity, and what the scaler kept. */
  readonly changes: CapacityChange[] = [];
  readonly past: Past = [];
  /** The truth as the runs of each minute saw it. */
  readonly seen = new Map<number, Truth>();
  private readonly reports: Record<string, InstanceItem> = {};
  private readonly fake: FakeScaler;
  private instances: Instance[] = [];

  constructor(private readonly conditions: Conditions) {
    this.fake = new FakeScaler(this.items());
    this.fake.add("a", { maxInstances: conditions.maxInstances });
    this.fake.types[0]!.fleet.slots = conditions.slots;
  }

  get now(): number {
    return this.fake.time;
  }

  get seconds(): number {
    return (this.now - start) / 1_000;
  }

  get isScalerOut(): boolean {
    return this.seconds >= this.conditions.outage[0] && this.seconds < this.conditions.outage[1];
  }

  async step(): Promise<void> {
    this.fake.time += stepSeconds * 1_000;
    const published = this.submit();
    this.launch();
    this.work();
    if (this.seconds % 30 === 0) this.report();
    this.note();
    if (published > 0) await this.scale({ sent: { a: published } });
    if (this.seconds % 60 === 0) await this.scale({});
    this.note();
  }

  /** Runs the scaler, unless it is out. */
  async scale(event: object): Promise<void> {
    if (this.isScalerOut) return;
    this.note();
    const before = this.truths.get(this.now)!;
    if (!("sent" in event)) this.seen.set(this.now, before);
    const error = await this.fake.run(event);
    if (error) throw error;
    const difference = this.group().desired - before.desired;
    if (difference !== 0) this.changes.push({ at: this.now, by: "scaler", difference });
  }

  private submit(): number {
    const due = this.conditions.jobs.filter(({ at }) => at <= this.seconds && at > this.seconds - stepSeconds);
    for (const job of due) {
      const submittedAt = this.timeIn(0);
      const id = `job-${this.jobs.length}`;
      const record: JobRecord = { id, type: "a", state: "queued", attempts: 0, submittedAt };
      if (job.kind === "delayed") record.notBefore = this.timeIn(job.delay);
      this.jobs.push({ ...job, record, isVisible: false });
    }
    const isDue = ({ notBefore, retryAt }: JobRecord) =>
      [notBefore, retryAt].every((time = "") => time <= this.timeIn(0));
    let published = 0;
    for (const job of this.jobs) {
      if (job.isVisible || job.record.state !== "queued" || job.kind === "unpublished" || !isDue(job.record)) continue;
      job.isVisible = true;
      if (job.record.attempts === 0 && job.kind !== "delayed") published++;
    }
    return published;
  }

  private launch(): void {
    const { launchSeconds, launchesFail } = this.conditions;
    const group = this.group();
    if (launchesFail && this.seconds % 20 === 0 && group.desired > 0) {
      const launch = { groupName: group.name, startedAt: this.now, outcome: "failed" as const, reason: "InvalidAMI" };
      this.fake.launches.unshift(launch);
    }
    while (!launchesFail && this.instances.length < group.desired) {
      const readyAt = this.now + launchSeconds * 1_000;
      this.instances.push({ id: `i-${this.now}-${this.instances.length}`, readyAt, jobs: [], usedAt: readyAt });
    }
  }

  private work(): void {
    for (const instance of this.inService()) {
      for (const job of instance.jobs.filter(({ endsAt = 0 }) => endsAt <= this.now)) this.end(job);
      instance.jobs = instance.jobs.filter(({ record }) => record.state === "running");
      while (instance.jobs.length < this.conditions.slots) {
        const job = this.jobs.find(({ isVisible }) => isVisible);
        if (!job) break;
        job.isVisible = false;
        job.endsAt = this.now + job.seconds * 1_000;
        Object.assign(job.record, { state: "running", attempts: job.record.attempts + 1, retryAt: undefined });
        instance.jobs.push(job);
      }
      if (instance.jobs.length > 0) instance.usedAt = this.now;
      else if (this.now - instance.usedAt > 30_000) this.terminate(instance);
    }
  }

  private end({ record, kind, delay }: Job): void {
    if (kind !== "failing" || record.attempts > 1) return void (record.state = "succeeded");
    Object.assign(record, { state: "queued", retryAt: this.timeIn(delay), error: { name: "Error", message: "no" } });
  }

  private terminate(instance: Instance): void {
    this.instances = this.instances.filter((each) => each !== instance);
    const group = this.group();
    this.fake.groups.set(group.name, { ...group, desired: group.desired - 1 });
    this.changes.push({ at: this.now, by: "worker", difference: -1 });
  }

  private report(): void {
    for (const { id, jobs, readyAt } of this.inService()) {
      if (this.now - readyAt < 30_000) continue;
      this.reports[id] = { seenAt: this.now, slots: this.conditions.slots, busySlots: jobs.length };
    }
  }

  /** Shows the present to the scaler, and keeps it. */
  private note(): void {
    const of = (isOne: (job: Job) => boolean) => this.jobs.filter(isOne).length;
    const isAhead = ({ notBefore = "" }: JobRecord) => notBefore > this.timeIn(0);
    const counts = {
      visible: of(({ isVisible }) => isVisible),
      inFlight: of(({ record }) => record.state === "running" || (record.retryAt ?? "") > this.timeIn(0)),
      delayed: of(({ record, kind }) => kind === "delayed" && isAhead(record)),
    };
    this.fake.counts.set("a", counts);
    const group = this.group();
    const instances = this.instances.map(({ id, readyAt }) => ({
      ...{ id, isHealthy: true, lifecycleState: readyAt > this.now ? "Pending" : "InService" },
    }));
    this.fake.groups.set(group.name, { ...group, instances });
    const serving = this.inService();
    this.truths.set(this.now, {
      inService: serving.length,
      desired: group.desired,
      isFull: serving.length > 0 && serving.every(({ jobs }) => jobs.length === this.conditions.slots),
      messages: counts.visible + counts.inFlight + counts.delayed,
      delayed: counts.delayed,
    });
  }

  private group() {
    return this.fake.groups.get("a-group")!;
  }

  private inService(): Instance[] {
    return this.instances.filter(({ readyAt }) => readyAt <= this.now);
  }

  private timeIn(seconds: number): string {
    return new Date(this.now + seconds * 1_000).toISOString();
  }

  private items(): FleetItems {
    const { state, reports } = this;
    return {
      read: () => Promise.resolve({ state: { ...state }, items: { ...reports } }),
      acquire: ({ until }, _lastLease, changes) => {
        Object.assign(state, changes, { lastLease: until });
        for (const [field, value] of Object.entries(state)) {
          if (value === undefined) delete state[field as keyof FleetState];
        }
        return Promise.resolve(true);
      },
      requestRecheck: () => Promise.resolve(false),
      release: () => Promise.resolve(undefined),
      watch: () => Promise.resolve(),
      retire: () => Promise.resolve(),
      keepPast: (_type, at, past) => {
        this.past.push([new Date(at).toISOString(), past]);
        return Promise.resolve();
      },
    };
  }
}
