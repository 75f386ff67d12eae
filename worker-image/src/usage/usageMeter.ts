import { definedFields } from "../../../contract/definedFields";
import { type Usage, usageDay, type UsageDimension, usageSeconds } from "../../../contract/fleet/usage";
import { errorFields, type Log } from "../../../contract/log";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { isOutage } from "../services/serviceError";
import { type Clock } from "../support/clock";
import { startHeartbeat } from "../support/heartbeat";
import { daySlices } from "./daySlices";
import { type InstancePrice } from "./instancePrice";
import { dollarsOf, usageOf } from "./usageOf";
import { type UsagePlace, type UsageSums, type UsageTable } from "./usageTable";

/** Items that a minute's additions take, beside the type's: at least this number, and this share of those that wait. */
const leastItems = 100;
const shareOfItems = 0.1;

/** Additions at a time. */
const concurrentAdditions = 10;

/** Time for the additions of a worker that ends: from then on none begins. */
const endMilliseconds = 10_000;

/** Digits of an addition: millionths of a second, and of a millionth of a dollar. */
const secondsDigits = 6;
const dollarsDigits = 12;

export interface UsageMeterEffects {
  table: UsageTable;
  price: InstancePrice;
  /** Names of labels whose values have sums of their own. */
  usageLabels?: string[] | undefined;
  /** Time of the instance, before the meter's creation, that no earlier worker of it has counted. */
  uncountedMilliseconds: number;
  clock: Clock;
  log: Log;
}

/** Sums that wait for their addition. The run time of jobs is that of a whole instance. */
interface Pending extends UsagePlace {
  jobs: number;
  jobMilliseconds: number;
  /** Only of the type's own items. */
  instanceMilliseconds: number;
}

interface Run {
  job: JobEnvelope;
  isAlone: boolean;
  /** Time until which it is in the sums. */
  countedUntil: number;
}

/** The use of this instance by jobs, as their processing tells it. */
export interface JobUsage {
  /** An attempt begins; the returned function ends it, and returns its usage, again if it is called again. */
  begin(job: JobEnvelope, isAlone: boolean): () => Usage;
  /** The job has ended. */
  noteEnd(job: JobEnvelope): void;
}

/**
 * Sums of the instance's time and of that of jobs, which it adds to the fleet table each minute, attempts that still
 * run included. What could not be added waits for the next minute. Additions of a worker that is killed are lost, for
 * its last minute at most; those of one that ends are made before it does.
 */
export class UsageMeter implements JobUsage {
  private readonly runs = new Set<Run>();
  private readonly pending = new Map<string, Pending>();
  private instanceCountedUntil: number;
  private stop?: () => Promise<void>;

  constructor(private readonly effects: UsageMeterEffects) {
    this.instanceCountedUntil = effects.clock.now() - effects.uncountedMilliseconds;
  }

  /** Begins to add. */
  start(): void {
    const { clock, price, log } = this.effects;
    const onError = (error: unknown) => log("warn", "usage-not-added", errorFields(error));
    void price.look().catch(onError);
    this.stop = startHeartbeat(clock, usageSeconds * 1_000, () => this.addDue(), onError);
  }

  begin(job: JobEnvelope, isAlone: boolean): () => Usage {
    const { clock, price } = this.effects;
    const begun = clock.now();
    const run = { job, isAlone, countedUntil: begun };
    this.runs.add(run);
    let usage: Usage | undefined;
    return () => {
      if (usage) return usage;
      const now = clock.now();
      this.countRun(run, now);
      this.runs.delete(run);
      return (usage = usageOf(now - begun, price, isAlone));
    };
  }

  noteEnd(job: JobEnvelope): void {
    const day = usageDay(this.effects.clock.now());
    for (const place of this.placesOf(job, day)) this.pendingAt(place).jobs++;
  }

  /** Adds all that is left. Never rejects; resolves within seconds. */
  async end(): Promise<void> {
    const { clock, log } = this.effects;
    await this.stop?.();
    this.countAll();
    const until = clock.now() + endMilliseconds;
    const [error] = await this.add([...this.pending.values()], until);
    const left = [...this.pending.values()];
    if (left.length === 0) return;
    const seconds = left.reduce((sum, { jobMilliseconds }) => sum + jobMilliseconds, 0) / 1_000;
    log("warn", "usage-not-added", {
      items: left.length,
      seconds,
      isLost: true,
      ...(error !== undefined && errorFields(error)),
    });
  }

  private async addDue(): Promise<void> {
    await this.effects.price.look().catch(() => undefined);
    this.countAll();
    const all = [...this.pending.values()];
    const own = all.filter(({ dimension }) => dimension === "type");
    const others = all.filter(({ dimension }) => dimension !== "type");
    const most = Math.max(leastItems, Math.ceil(others.length * shareOfItems));
    const ofType = await this.add(own);
    const [error, ...more] = ofType.length > 0 ? ofType : await this.add(others.slice(0, most));
    if (error === undefined) return;
    this.effects.log("warn", "usage-not-added", { items: 1 + more.length, ...errorFields(error) });
  }

  /** Adds the items, until the table is out of reach; resolves to the errors. What isn't added goes on waiting. */
  private async add(items: Pending[], until = Infinity): Promise<unknown[]> {
    const errors: unknown[] = [];
    const waiting = items.values();
    const adder = async () => {
      for (const item of waiting) {
        if (errors.some(isOutage) || this.effects.clock.now() >= until) return;
        // Taken out at once: what is counted meanwhile waits for the next time.
        this.pending.delete(keyOf(item));
        await this.effects.table.add(item, this.sumsOf(item)).catch((error: unknown) => {
          errors.push(error);
          this.giveBack(item);
        });
      }
    };
    await Promise.all(Array.from({ length: concurrentAdditions }, adder));
    return errors;
  }

  private giveBack({ jobs, jobMilliseconds, instanceMilliseconds, ...place }: Pending): void {
    const pending = this.pendingAt(place);
    pending.jobs += jobs;
    pending.jobMilliseconds += jobMilliseconds;
    pending.instanceMilliseconds += instanceMilliseconds;
  }

  private sumsOf({ dimension, jobs, jobMilliseconds, instanceMilliseconds }: Pending): UsageSums {
    const { pricePerInstanceHour: price } = this.effects.price;
    const own = sumOf(jobMilliseconds, price);
    if (dimension !== "type") return { jobs, ...own };
    const { seconds: instanceSeconds, dollars: instanceDollars } = sumOf(instanceMilliseconds, price);
    return { jobs, ...own, ...definedFields({ instanceSeconds, instanceDollars }) };
  }

  /** Counts the time of the instance and of all that runs, up to now. */
  private countAll(): void {
    const now = this.effects.clock.now();
    for (const run of this.runs) this.countRun(run, now);
    for (const { day, milliseconds } of daySlices(this.instanceCountedUntil, now)) {
      this.pendingAt({ dimension: "type", day }).instanceMilliseconds += milliseconds;
    }
    this.instanceCountedUntil = Math.max(this.instanceCountedUntil, now);
  }

  private countRun(run: Run, until: number): void {
    const parts = run.isAlone ? 1 : this.effects.price.slots;
    for (const { day, milliseconds } of daySlices(run.countedUntil, until)) {
      for (const place of this.placesOf(run.job, day)) this.pendingAt(place).jobMilliseconds += milliseconds / parts;
    }
    run.countedUntil = Math.max(run.countedUntil, until);
  }

  private placesOf({ tenant, labels }: JobEnvelope, day: string): UsagePlace[] {
    const { usageLabels = [] } = this.effects;
    const byLabel = usageLabels.map((name): [UsageDimension, string | undefined] => [`label:${name}`, labels?.[name]]);
    const given = [["tenant", tenant] as const, ...byLabel].filter(([, value]) => value !== undefined);
    return [{ dimension: "type", day }, ...given.map(([dimension, value]) => ({ dimension, day, value }))];
  }

  private pendingAt(place: UsagePlace): Pending {
    const key = keyOf(place);
    const found = this.pending.get(key) ?? { ...place, jobs: 0, jobMilliseconds: 0, instanceMilliseconds: 0 };
    this.pending.set(key, found);
    return found;
  }
}

function sumOf(milliseconds: number, pricePerInstanceHour: number | undefined): Usage {
  const seconds = milliseconds / 1_000;
  const inDollars = (price: number) => Number(dollarsOf(seconds, price).toFixed(dollarsDigits));
  return {
    seconds: Number(seconds.toFixed(secondsDigits)),
    ...(pricePerInstanceHour !== undefined && { dollars: inDollars(pricePerInstanceHour) }),
  };
}

function keyOf({ dimension, day, value }: UsagePlace): string {
  return JSON.stringify([dimension, day, value]);
}
