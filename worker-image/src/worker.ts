import { limits } from "../../contract/limits";
import { errorFields } from "../../contract/log";
import { type DiskRoom } from "./instance/diskRoom";
import { Vitals } from "./instance/vitals";
import { type JobEffects } from "./job/effects";
import { MessageProcessor } from "./job/messageProcessor";
import { Poller } from "./queue/poller";
import { Prefetched } from "./queue/prefetched";
import { type ReceivedMessage } from "./queue/queue";
import { type Services } from "./services/services";

export interface WorkerEffects extends JobEffects {
  /** Concurrent jobs. */
  slots: number;
  /** The services that it depends on, for its health. */
  services?: Services;
  /** The disk that jobs write to; without room no message is fetched. @default - it has room */
  disk?: DiskRoom;
  /** Resolves when a message could be processed, or the signal aborts; none is fetched before. @default - always */
  whenUsable?: (signal: AbortSignal) => Promise<void>;
  /** Called once the handler can run; no message is fetched before it resolves. */
  onReady?: (worker: Worker) => Promise<void>;
}

/** One worker: polls, runs and settles jobs until it is drained. */
export class Worker {
  readonly vitals: Vitals;
  private readonly poller: Poller<ReceivedMessage>;
  private readonly processor: MessageProcessor;
  private readonly timers: (() => void)[] = [];
  private state: "working" | "retiring" | "draining" | "giving-back" = "working";
  private drainReason = "";
  private giveUp: () => void = () => undefined;
  /** True if a handler can't be stopped, so that the process ends and is started again. */
  isWedged = false;

  constructor(private readonly effects: WorkerEffects) {
    const { slots, settings, queue, clock, random, log } = effects;
    this.vitals = new Vitals(clock);
    this.processor = new MessageProcessor({ ...effects, onStuck: () => this.endForStuckHandler() });
    const prefetched = new Prefetched({ ...settings, queue, clock, log });
    this.poller = new Poller({
      slots,
      prefetch: settings.prefetch,
      fetch: async (maxMessages, signal) => {
        await effects.disk?.whenFree(signal);
        await effects.whenUsable?.(signal);
        signal.throwIfAborted();
        return this.vitals.fetch(() => queue.receive(maxMessages, signal), signal);
      },
      onWait: (message) => prefetched.keep(message),
      onMessage: (message, slot) =>
        this.vitals.work(async () => {
          if (await prefetched.take(message)) return this.processor.process(message, slot);
        }),
      onLeftOver: (message) => prefetched.giveBack(message),
      onError: (error, failuresInARow) => log("warn", "receive-failed", { failuresInARow, ...errorFields(error) }),
      clock,
      random,
    });
  }

  /** True if it takes no more jobs and ends once its jobs are done. */
  get isDraining(): boolean {
    return this.state !== "working";
  }

  get disk(): DiskRoom | undefined {
    return this.effects.disk;
  }

  get services(): Services | undefined {
    return this.effects.services;
  }

  get isAlone(): boolean {
    return this.poller.isAlone;
  }

  get busySlots(): number {
    return this.poller.busySlots;
  }

  /**
   * Works until drained; resolves to `isClean` if every job was finished or given back by then. Rejects if the handler
   * is unusable.
   */
  async run(): Promise<{ isClean: boolean }> {
    const { runner, slots, queue, log, settings } = this.effects;
    await runner.start();
    await this.effects.onReady?.(this);
    const { handler = settings.inlineHandler, command } = settings;
    log("info", "worker-started", { slots, handler, command });
    const isClean = await Promise.race([
      this.poller.run().then(async () => {
        await queue.flush();
        return true;
      }),
      new Promise<boolean>((resolve) => (this.giveUp = () => resolve(false))),
    ]);
    for (const cancel of this.timers) cancel();
    await runner.close();
    log(isClean ? "info" : "error", "worker-stopped", { unfinishedJobs: this.poller.unfinished });
    return { isClean };
  }

  /** Stops fetching; running jobs may take all the time that they need, until `drain`. */
  retire(): void {
    if (this.state !== "working") return;
    this.state = "retiring";
    this.effects.log("info", "worker-retiring", { busySlots: this.poller.busySlots });
    this.processor.beginDrain();
    this.poller.stop();
  }

  /**
   * Stops fetching; running jobs may finish within `drainSeconds`, or `withinSeconds` if that is sooner. A second call
   * without `withinSeconds` gives them back at once.
   */
  drain(reason: string, withinSeconds?: number): void {
    const { settings, clock, log, runner } = this.effects;
    const isDrainingAlready = this.state === "draining" || this.state === "giving-back";
    if (isDrainingAlready && withinSeconds === undefined) {
      this.giveBack();
      this.processor.stopRetrying();
      return runner.killNow();
    }
    if (this.state === "giving-back") return;
    this.state = "draining";
    this.drainReason = reason;
    const drainSeconds = Math.min(settings.drainSeconds, withinSeconds ?? Infinity);
    log("info", "worker-draining", { reason, drainSeconds, busySlots: this.poller.busySlots });
    this.processor.beginDrain();
    this.poller.stop();
    this.timers.push(clock.after(drainSeconds * 1_000, () => this.giveBack()));
  }

  private endForStuckHandler(): void {
    this.isWedged = true;
    if (this.state === "working" || this.state === "retiring") this.drain("a handler can't be killed", Infinity);
  }

  private giveBack(): void {
    if (this.state === "giving-back") return;
    this.state = "giving-back";
    this.processor.stopAll(this.drainReason);
    this.timers.push(this.effects.clock.after(limits.giveBackSeconds * 1_000, () => this.giveUp()));
  }
}
