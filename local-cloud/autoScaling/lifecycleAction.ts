import { randomUUID } from "node:crypto";

/** A lifecycle hook of a group. */
export interface LifecycleHook {
  name: string;
  transition: "launching" | "terminating";
  heartbeatSeconds: number;
  /** Result of a launch hook that times out; a termination goes on in any case. */
  isAbandonedByDefault: boolean;
}

/** End of a wait. */
export interface LifecycleOutcome {
  isAbandoned: boolean;
  isTimeout: boolean;
}

/** "Add lifecycle hooks to your Auto Scaling group": the wait ends after the smaller of 48 hours and 100 timeouts. */
const longestSeconds = 48 * 3_600;
const longestTimeouts = 100;

/** An instance's wait at a hook. Each heartbeat restarts the hook's timeout, within the global limit. */
export class LifecycleAction {
  readonly token = randomUUID();
  private readonly endsAt: number;
  private timer: NodeJS.Timeout;

  constructor(
    readonly hook: LifecycleHook,
    private readonly onEnd: (outcome: LifecycleOutcome) => void,
  ) {
    const { heartbeatSeconds } = hook;
    this.endsAt = Date.now() + Math.min(longestSeconds, longestTimeouts * heartbeatSeconds) * 1_000;
    this.timer = this.start();
  }

  heartbeat(): void {
    clearTimeout(this.timer);
    this.timer = this.start();
  }

  complete(result: "CONTINUE" | "ABANDON"): void {
    this.cancel();
    this.onEnd({ isAbandoned: result === "ABANDON", isTimeout: false });
  }

  cancel(): void {
    clearTimeout(this.timer);
  }

  private start(): NodeJS.Timeout {
    const milliseconds = Math.min(this.hook.heartbeatSeconds * 1_000, this.endsAt - Date.now());
    return setTimeout(() => {
      this.onEnd({ isAbandoned: this.hook.isAbandonedByDefault, isTimeout: true });
    }, milliseconds);
  }
}
