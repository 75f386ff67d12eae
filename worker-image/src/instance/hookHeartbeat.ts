import { errorFields, type Log } from "../../../contract/log";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { type Clock } from "../support/clock";
import { startHeartbeat } from "../support/heartbeat";
import { type InstanceGroup } from "./instanceGroup";

/** Well within the launch hook's ten minutes. */
const launchBeatMilliseconds = 240_000;

/** A handler that takes longer than about half an hour to load hangs, and its launch is better abandoned. */
const maxLaunchBeats = 6;

/** Longest timeout of a hook without a heartbeat ("LifecycleHook", Amazon EC2 Auto Scaling API Reference). */
const maxHookSeconds = 7_200;

interface HookHeartbeatEffects {
  settings: Pick<WorkerSettings, "drainSeconds" | "launchHook" | "terminateHook">;
  findGroup: () => Promise<InstanceGroup | undefined>;
  clock: Clock;
  log: Log;
}

/**
 * Keeps a lifecycle hook waiting for longer than its own timeout. All heartbeats together keep it for 48 hours, or 100
 * timeouts if that is less ("Add lifecycle hooks to your Auto Scaling group"): longer than any drain.
 */
export class HookHeartbeat {
  private stopBeating?: () => Promise<void>;

  constructor(private readonly effects: HookHeartbeatEffects) {}

  /** Keeps the launch hook waiting while the worker starts, for a limited time. */
  beginLaunch(): void {
    this.begin(this.effects.settings.launchHook, launchBeatMilliseconds, maxLaunchBeats);
  }

  /**
   * Keeps the terminate hook waiting while the worker drains: its timeout is a minute more than the drain, if a hook
   * can be that long.
   */
  beginTermination(): void {
    const { drainSeconds, terminateHook } = this.effects.settings;
    const hookSeconds = Math.min(maxHookSeconds, drainSeconds + 60);
    this.begin(terminateHook, (hookSeconds / 2) * 1_000, Infinity);
  }

  async stop(): Promise<void> {
    const stop = this.stopBeating;
    this.stopBeating = undefined;
    await stop?.();
  }

  private begin(hook: string | undefined, intervalMilliseconds: number, maxBeats: number): void {
    if (hook === undefined || this.stopBeating) return;
    const { clock, log, findGroup } = this.effects;
    let beats = 0;
    const beat = async () => {
      // Refused while the instance isn't at the hook yet: the next beat tells.
      if (++beats <= maxBeats) await (await findGroup())?.heartbeat(hook);
    };
    const onError = (error: unknown) => log("warn", "hook-heartbeat-failed", { hook, ...errorFields(error) });
    this.stopBeating = startHeartbeat(clock, intervalMilliseconds, beat, onError);
  }
}
