import { WorkerSettings } from "../../contract/workerSettings";
import { Clock, sleep } from "./clock";
import { insist } from "./insist";
import { InstanceGroup } from "./lifecycleGroup";
import { MetadataReader, Notice, readNotice } from "./lifecycleNotice";
import { errorFields, Log } from "./log";

/** AWS recommends to look at the spot notice every 5 seconds ("Spot Instance interruption notices"). */
const lookMilliseconds = 5_000;

/** Kept clear of a spot instance's end, for giving jobs back. */
const spotMarginSeconds = 30;

/** A notice that names no time gives this long: the two minutes of a spot notice, less what it took to come upon it. */
const spotSeconds = 110;

/** Without a single answer from metadata after so many looks, this is no EC2 instance. */
const triesBeforeOff = 3;

/** Terminating, an instance reaches its hook within seconds. */
const hookTries = 30;
const hookPauseMilliseconds = 2_000;

/** The worker, as far as its instance's life goes. */
export interface InstanceWorker {
  readonly vitals: { readonly idleSince: number | undefined };
  drain(reason: string, withinSeconds: number): void;
}

export interface LifecycleEffects {
  settings: Pick<WorkerSettings, "idleSeconds" | "drainSeconds" | "launchHook" | "terminateHook">;
  metadata: MetadataReader;
  /** The instance's group; nothing where it has none. */
  findGroup: () => Promise<InstanceGroup | undefined>;
  /**
   * Whether the group should keep an instance that has been idle. It reads the queue again, since jobs may have come.
   * Here the capacity function will decide: whether it gives less than the present desired.
   */
  isStillNeeded: () => Promise<boolean>;
  clock: Clock;
  random: () => number;
  log: Log;
}

/**
 * The life of the worker's EC2 instance. It tells the launch hook once the worker is ready, drains the worker when
 * metadata says that the instance is to go, ends an instance that has been idle, and tells the terminate hook once all
 * is done. Without metadata, as in a plain container, it does nothing.
 */
export class Lifecycle {
  private readonly ending = new AbortController();
  private group?: Promise<InstanceGroup | undefined>;
  private worker?: InstanceWorker;
  private cancelLook: () => void = () => undefined;
  private reason?: Notice["kind"] | "idle";
  private failures = 0;
  private hasAnswered = false;
  private askedAt = 0;

  constructor(private readonly effects: LifecycleEffects) {}

  /** To be called when the worker could begin; resolves when it may. */
  async begin(worker: InstanceWorker): Promise<void> {
    this.worker = worker;
    const { launchHook, terminateHook } = this.effects.settings;
    if (launchHook !== undefined) await this.completeLaunch(launchHook);
    const firstLook = this.look();
    // A worker that was started again on an instance on its way out must not fetch.
    if (launchHook !== undefined || terminateHook !== undefined) await firstLook;
  }

  /** To be called when the worker has ended; resolves when its instance may. */
  async end(): Promise<void> {
    this.ending.abort();
    this.cancelLook();
    if (this.reason === undefined) return;
    const group = await this.insist(() => this.findGroup());
    if (!group) return;
    // Desired stays as it is, so that the group starts another instance at once instead of when this one is gone.
    const isReplaced = this.reason === "spot-interruption" || this.reason === "rebalance-recommendation";
    if (isReplaced) await this.insist(() => group.terminate({ lowersDesired: false }));
    const { terminateHook } = this.effects.settings;
    if (terminateHook !== undefined) await this.completeTermination(group, terminateHook);
  }

  private async completeLaunch(hook: string): Promise<void> {
    const group = await this.insist(() => this.findGroup());
    if (!group) return;
    const isCompleted = await this.insist(() => group.complete(hook));
    // Nothing waits where the worker was started again.
    if (isCompleted) this.effects.log("info", "launch-hook-completed", { hook });
  }

  private async completeTermination(group: InstanceGroup, hook: string): Promise<void> {
    const { clock, log } = this.effects;
    for (let tries = 0; tries < hookTries; tries++) {
      if (await this.insist(() => group.complete(hook))) return log("info", "terminate-hook-completed", { hook });
      await sleep(clock, hookPauseMilliseconds);
    }
    log("warn", "terminate-hook-not-waiting", { hook });
  }

  /** Looks at metadata, and again in a while. Never rejects. */
  private async look(): Promise<void> {
    const { metadata, clock, log } = this.effects;
    try {
      const notice = await readNotice(metadata);
      this.hasAnswered = true;
      this.failures = 0;
      if (notice) this.heed(notice);
      else await this.endIfIdle();
    } catch (error) {
      this.failures++;
      if (this.failures % triesBeforeOff === 0) {
        if (!this.hasAnswered) return log("info", "lifecycle-off", { reason: "There is no instance metadata" });
        log("warn", "lifecycle-look-failed", { failuresInARow: this.failures, ...errorFields(error) });
      }
    }
    if (!this.ending.signal.aborted) this.cancelLook = clock.after(lookMilliseconds, () => void this.look());
  }

  private heed({ kind, endsAt }: Notice): void {
    const { clock, settings } = this.effects;
    // A recommendation to leave is often followed by the notice that leaves less time.
    if (this.reason === kind || (this.reason !== undefined && kind !== "spot-interruption")) return;
    this.reason = kind;
    const left = endsAt === undefined ? spotSeconds : (endsAt - clock.now()) / 1_000;
    const withinSeconds = kind === "spot-interruption" ? Math.max(0, left - spotMarginSeconds) : settings.drainSeconds;
    this.worker?.drain(kind, withinSeconds);
  }

  private async endIfIdle(): Promise<void> {
    const { settings, clock, isStillNeeded, log } = this.effects;
    const idleSince = this.worker?.vitals.idleSince;
    if (settings.idleSeconds === 0 || idleSince === undefined || this.reason !== undefined) return;
    if (clock.now() - Math.max(idleSince, this.askedAt) < settings.idleSeconds * 1_000) return;
    const group = await this.findGroup();
    if (!group || (await isStillNeeded())) return;
    this.askedAt = clock.now();
    if (this.ending.signal.aborted || this.worker?.vitals.idleSince !== idleSince) return;
    if (!(await group.terminate({ lowersDesired: true }))) {
      return log("info", "idle-instance-stays", { reason: "The group is at its minimum", idleSince });
    }
    this.reason = "idle";
    this.worker?.drain("idle", settings.drainSeconds);
  }

  /** Looked up once; again after a failure. */
  private findGroup(): Promise<InstanceGroup | undefined> {
    this.group ??= this.effects.findGroup().catch((error: unknown) => {
      this.group = undefined;
      throw error;
    });
    return this.group;
  }

  private insist<T>(action: () => Promise<T>): Promise<T> {
    const { clock, random, log } = this.effects;
    const onRetry = (error: unknown) => log("warn", "lifecycle-call-retried", errorFields(error));
    return insist(action, { clock, random, signal: new AbortController().signal, onRetry });
  }
}
