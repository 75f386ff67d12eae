import { reportSeconds } from "../../../contract/fleet/state";
import { errorFields, type Log } from "../../../contract/log";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { retry } from "../services/retry";
import { type Clock, sleep } from "../support/clock";
import { type IdleChoice, pauseBeforeAsking } from "./chooseWhenIdle";
import { type HealthSource } from "./health";
import { HookHeartbeat } from "./hookHeartbeat";
import { type InstanceGroup } from "./instanceGroup";
import { type MetadataReader, type Notice, readNotice } from "./notice";

/** AWS recommends to check for the spot notice every 5 seconds ("Spot Instance interruption notices"). */
const lookMilliseconds = 5_000;

/** Time before a spot instance's end that is kept for giving jobs back. */
const spotMarginSeconds = 30;

/** Assumed time after a notice without one: the two minutes of a spot notice, less the delay until it was read. */
const spotSeconds = 110;

/** Failed metadata reads after which the worker assumes that it isn't on EC2. */
const triesBeforeOff = 3;

/**
 * Time that a worker listens after it has terminated its idle instance. A job that arrived before saw a desired
 * capacity that still counted this instance. The instance doesn't reach its hook sooner.
 */
const lastListenMilliseconds = 1_000;

/** A terminating instance reaches its hook within seconds. */
const hookTries = 30;
const hookPauseMilliseconds = 2_000;

/** The worker's interface to the life of its instance. */
export interface InstanceWorker extends HealthSource {
  readonly vitals: HealthSource["vitals"] & { readonly idleSince: number | undefined };
  drain(reason: string, withinSeconds: number): void;
  retire(): void;
}

/** Exchange with the scaler about the instance. */
export interface Reports {
  begin(worker: HealthSource, onRetire: () => void): void;
  end(): Promise<void>;
}

export interface LifecycleEffects {
  settings: Pick<WorkerSettings, "idleSeconds" | "drainSeconds" | "launchHook" | "terminateHook">;
  metadata: MetadataReader;
  /** Finds the instance's group; undefined if it has none. */
  findGroup: () => Promise<InstanceGroup | undefined>;
  /** Returns an idle worker's choices; it reads the queue again, since jobs may have come. */
  chooseWhenIdle: () => Promise<IdleChoice>;
  /** Nudges the scaler if more jobs wait than these. */
  nudge: (moreThan: number) => Promise<void>;
  /** Concurrent jobs. */
  slots: number;
  reports: Reports;
  clock: Clock;
  random: () => number;
  log: Log;
}

/**
 * The life of the worker's EC2 instance. It completes the launch hook once the worker is ready, drains the worker when
 * metadata announces the instance's end, retires it when the scaler does, nudges the scaler if more jobs wait than the
 * worker can run, terminates an idle instance, and completes the terminate hook once all is done. Without metadata, as
 * in a plain container, it does nothing.
 */
export class Lifecycle {
  private readonly ending = new AbortController();
  private group?: Promise<InstanceGroup | undefined>;
  private worker?: InstanceWorker;
  private cancelLook: () => void = () => undefined;
  private reason?: Notice["kind"] | "idle" | "retired";
  private failures = 0;
  private hasAnswered = false;
  /** Begin of the idle time of its last check, the number of checks since, and the time of the last one. */
  private asked = { idleSince: -Infinity, times: 0, at: -Infinity };
  /** Time of its last check for more jobs than it can run. */
  private checkedAt = -Infinity;
  /** True if it got no message, though it listened, from its idle check to its drain. */
  private wasIdleToItsEnd = false;
  /** Begin of the idle time for which it logged that it stays: once is enough. */
  private staysSince?: number;
  private readonly hookHeartbeat: HookHeartbeat;

  constructor(private readonly effects: LifecycleEffects) {
    this.hookHeartbeat = new HookHeartbeat({ ...effects, findGroup: () => this.findGroup() });
  }

  /** True if the instance terminates with its worker. */
  get isLeaving(): boolean {
    return this.reason !== undefined;
  }

  /** Call it before the worker starts, which may take longer than the launch hook's timeout. */
  prepare(): void {
    this.hookHeartbeat.beginLaunch();
  }

  /** Call it when the worker is ready; resolves when it may begin. */
  async begin(worker: InstanceWorker): Promise<void> {
    this.worker = worker;
    const { launchHook, terminateHook } = this.effects.settings;
    await this.hookHeartbeat.stop();
    if (launchHook !== undefined) await this.completeLaunch(launchHook);
    const firstLook = this.look();
    // A worker that was started again on a terminating instance must not fetch.
    if (launchHook !== undefined || terminateHook !== undefined) await firstLook;
  }

  /** Call it when the worker has ended; resolves when its instance may. */
  async end(): Promise<void> {
    this.ending.abort();
    this.cancelLook();
    try {
      if (this.reason !== undefined) await this.leaveGroup(this.reason);
    } finally {
      await this.hookHeartbeat.stop();
      await this.effects.reports.end();
    }
  }

  private async leaveGroup(reason: NonNullable<Lifecycle["reason"]>): Promise<void> {
    const { settings, nudge, log } = this.effects;
    const group = await this.withRetries(() => this.findGroup());
    if (!group) return;
    // Desired capacity stays, so that the group starts another instance at once instead of when this one is gone.
    const isReplaced = reason !== "idle" && reason !== "terminating";
    if (isReplaced) await this.withRetries(() => group.terminate({ lowersDesired: false }));
    // A job that arrived during shutdown saw a desired capacity that still counted this instance.
    if (!this.wasIdleToItsEnd) {
      await nudge(0).catch((error: unknown) => log("warn", "scaler-not-nudged", errorFields(error)));
    }
    if (settings.terminateHook !== undefined) await this.completeTermination(group, settings.terminateHook);
  }

  private async completeLaunch(hook: string): Promise<void> {
    const group = await this.withRetries(() => this.findGroup());
    // No hook waits if the worker was started again.
    if (group) await this.withRetries(() => group.complete(hook));
  }

  private async completeTermination(group: InstanceGroup, hook: string): Promise<void> {
    const { clock, log } = this.effects;
    for (let tries = 0; tries < hookTries; tries++) {
      if (await this.withRetries(() => group.complete(hook))) return;
      await sleep(clock, hookPauseMilliseconds);
    }
    log("warn", "terminate-hook-not-waiting", { hook });
  }

  /** Reads metadata, and again after a while. Never rejects. */
  private async look(): Promise<void> {
    const { metadata, clock, log } = this.effects;
    try {
      const notice = await readNotice(metadata);
      this.hasAnswered = true;
      this.failures = 0;
      if (this.ending.signal.aborted) return;
      if (this.worker) this.effects.reports.begin(this.worker, () => this.retire());
      if (notice) this.onNotice(notice);
      else if (this.isFull()) this.nudgeIfOverloaded();
      else await this.endIfIdle();
    } catch (error) {
      this.failures++;
      if (this.failures % triesBeforeOff === 0) {
        if (!this.hasAnswered) return log("info", "lifecycle-disabled", { reason: "There is no instance metadata" });
        log("warn", "metadata-read-failed", { failuresInARow: this.failures, ...errorFields(error) });
      }
    }
    if (!this.ending.signal.aborted) this.cancelLook = clock.after(this.pauseBeforeLook(), () => void this.look());
  }

  /** Shorter if the worker will have been idle for long enough before. */
  private pauseBeforeLook(): number {
    const { idleSince } = this.worker?.vitals ?? {};
    if (idleSince === undefined || this.reason !== undefined) return lookMilliseconds;
    const left = this.asksAt(idleSince) - this.effects.clock.now();
    return left > 0 ? Math.min(left, lookMilliseconds) : lookMilliseconds;
  }

  /** Time at which an idle worker checks if it is still needed. */
  private asksAt(idleSince: number): number {
    const { times, at } = this.asked.idleSince === idleSince ? this.asked : { times: 0, at: idleSince };
    return at + pauseBeforeAsking(this.effects.settings.idleSeconds, times) * 1_000;
  }

  private onNotice({ kind, endsAt }: Notice): void {
    const { clock, settings } = this.effects;
    // A rebalance recommendation is often followed by the notice that leaves less time.
    const isMoreUrgent = this.reason === "retired" || kind === "spot-interruption";
    if (this.reason === kind || (this.reason !== undefined && !isMoreUrgent)) return;
    const left = endsAt === undefined ? spotSeconds : Math.min(spotSeconds, (endsAt - clock.wallNow()) / 1_000);
    const withinSeconds = kind === "spot-interruption" ? Math.max(0, left - spotMarginSeconds) : settings.drainSeconds;
    this.leave(kind, withinSeconds);
  }

  private retire(): void {
    if (this.reason !== undefined || this.ending.signal.aborted) return;
    this.reason = "retired";
    this.worker?.retire();
  }

  private isFull(): boolean {
    const { worker, reason } = this;
    return worker !== undefined && reason === undefined && (worker.busySlots >= this.effects.slots || !!worker.isAlone);
  }

  /**
   * Jobs may have come that no nudge of the router reported: more than the slots of this worker could take at once. A
   * notice of the instance's end doesn't wait for it.
   */
  private nudgeIfOverloaded(): void {
    const { clock, nudge, slots, log } = this.effects;
    if (clock.now() - this.checkedAt < reportSeconds * 1_000) return;
    this.checkedAt = clock.now();
    void nudge(slots).catch((error: unknown) => log("warn", "scaler-not-nudged", errorFields(error)));
  }

  private async endIfIdle(): Promise<void> {
    const { settings, clock, chooseWhenIdle, log } = this.effects;
    const idleSince = this.worker?.vitals.idleSince;
    if (settings.idleSeconds === 0 || idleSince === undefined || this.reason !== undefined) return;
    if (clock.now() < this.asksAt(idleSince)) return;
    const group = await this.findGroup();
    if (!group) return;
    const times = this.asked.idleSince === idleSince ? this.asked.times : 0;
    this.asked = { idleSince, times: times + 1, at: clock.now() };
    const { canLower, isSurplus } = await chooseWhenIdle();
    const isOver = this.ending.signal.aborted || this.reason !== undefined;
    if (isOver || this.worker?.vitals.idleSince !== idleSince) return;
    const isEnding =
      (canLower && (await group.terminate({ lowersDesired: true }))) ||
      (isSurplus && (await group.terminate({ lowersDesired: false })));
    if (isEnding) await this.leaveIdle(idleSince);
    else if (this.staysSince !== idleSince) {
      this.staysSince = idleSince;
      const reason = canLower ? "The group is at its minimum" : "The type needs the instances that it has";
      log("info", "idle-instance-kept", { reason, idleSince });
    }
  }

  private async leaveIdle(idleSince: number): Promise<void> {
    const { settings, clock } = this.effects;
    this.reason = "idle";
    this.hookHeartbeat.beginTermination();
    const { vitals } = this.worker!;
    // Without receives that work there is nothing to listen to.
    if (vitals.failingSince === undefined) {
      await sleep(clock, lastListenMilliseconds, this.ending.signal);
      if (this.ending.signal.aborted) return;
      this.wasIdleToItsEnd = vitals.idleSince === idleSince && vitals.failingSince === undefined;
    }
    this.leave("idle", settings.drainSeconds);
  }

  private leave(reason: NonNullable<Lifecycle["reason"]>, withinSeconds: number): void {
    this.reason = reason;
    this.hookHeartbeat.beginTermination();
    this.worker?.drain(reason, withinSeconds);
  }

  /** Looks it up once; again after a failure. */
  private findGroup(): Promise<InstanceGroup | undefined> {
    this.group ??= this.effects.findGroup().catch((error: unknown) => {
      this.group = undefined;
      throw error;
    });
    return this.group;
  }

  private withRetries<T>(action: () => Promise<T>): Promise<T> {
    const { clock, random, log } = this.effects;
    const onRetry = (error: unknown) => log("warn", "lifecycle-call-retried", errorFields(error));
    return retry(action, { clock, random, onRetry });
  }
}
