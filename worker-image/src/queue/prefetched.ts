import { limits } from "../../../contract/limits";
import { errorFields, type Log } from "../../../contract/log";
import { hiddenMarginSeconds } from "../support/backoff";
import { type Clock } from "../support/clock";
import { heartbeatInterval } from "../support/heartbeat";
import { type JobQueue, type ReceivedMessage } from "./queue";

export interface PrefetchedEffects {
  queue: JobQueue;
  clock: Clock;
  log: Log;
  visibilityTimeoutSeconds: number;
  timeoutSeconds: number;
}

interface Kept {
  /** Earliest begin of its present visibility timeout. */
  hiddenAt: number;
  /** The running extension. */
  beat?: Promise<void>;
}

/**
 * Share of the visibility timeout after which a message counts as visible again, as clocks and calls have their delays.
 */
const trustedShare = 0.9;

/**
 * The messages that wait for a slot, unclaimed: their visibility is extended while they wait. One that may have become
 * visible again is dropped, since another worker may have it by now.
 */
export class Prefetched {
  private readonly kept = new Map<ReceivedMessage, Kept>();
  private readonly intervalMilliseconds: number;
  private cancelTimer?: () => void;

  constructor(private readonly effects: PrefetchedEffects) {
    this.intervalMilliseconds = heartbeatInterval(effects.visibilityTimeoutSeconds);
  }

  /** From now on the message waits. */
  keep(message: ReceivedMessage): void {
    this.kept.set(message, { hiddenAt: message.receivedAt });
    if (!this.cancelTimer) this.schedule(this.intervalMilliseconds);
  }

  /**
   * Ends the message's wait; resolves to true if it is still this worker's, hidden for half its visibility timeout at
   * least.
   */
  async take(message: ReceivedMessage): Promise<boolean> {
    const kept = this.remove(message);
    if (!kept) return true;
    // A late extension would undo later decisions on the message.
    if (kept.beat) await kept.beat;
    if (this.share(kept) <= 0.5 && this.hasTime(message)) return true;
    await this.extend(message, kept);
    if (this.share(kept) <= 0.5) return true;
    await this.release(message, kept);
    return false;
  }

  /** Makes the message visible at once. Never rejects. */
  async giveBack(message: ReceivedMessage): Promise<void> {
    const kept = this.remove(message);
    if (kept?.beat) await kept.beat;
    await this.release(message, kept);
  }

  private remove(message: ReceivedMessage): Kept | undefined {
    const kept = this.kept.get(message);
    this.kept.delete(message);
    if (this.kept.size === 0) {
      this.cancelTimer?.();
      this.cancelTimer = undefined;
    }
    return kept;
  }

  private schedule(milliseconds: number): void {
    this.cancelTimer = this.effects.clock.after(milliseconds, () => this.beat());
  }

  /** Extends the due ones, and returns when the next is due. */
  private beat(): void {
    const now = this.effects.clock.now();
    let next = now + this.intervalMilliseconds;
    for (const [message, kept] of this.kept) {
      const due = kept.hiddenAt + this.intervalMilliseconds;
      if (due > now) next = Math.min(next, due);
      else if (!kept.beat) {
        kept.beat = this.extend(message, kept).finally(() => (kept.beat = undefined));
      }
    }
    this.schedule(next - now);
  }

  private async extend(message: ReceivedMessage, kept: Kept): Promise<void> {
    const { queue, clock, log, visibilityTimeoutSeconds } = this.effects;
    if (this.share(kept) >= trustedShare || !this.hasTime(message)) return;
    const now = clock.now();
    try {
      await queue.hide(message, visibilityTimeoutSeconds);
      kept.hiddenAt = now;
    } catch (error) {
      log("warn", "heartbeat-failed", { messageId: message.id, ...errorFields(error) });
    }
  }

  /** The next receiver gets the message; one that may be visible already is left alone. */
  private async release(message: ReceivedMessage, kept: Kept | undefined): Promise<void> {
    const { queue, log } = this.effects;
    if (kept && this.share(kept) >= trustedShare) {
      const reason = "It waited for a slot, and may have become visible again";
      return log("warn", "message-released", { messageId: message.id, reason });
    }
    try {
      await queue.hide(message, 0);
    } catch (error) {
      log("warn", "message-left-in-queue", { messageId: message.id, ...errorFields(error) });
    }
  }

  /** Elapsed share of the visibility timeout: 0 to 1, and more. */
  private share({ hiddenAt }: Kept): number {
    const { clock, visibilityTimeoutSeconds } = this.effects;
    return (clock.now() - hiddenAt) / (visibilityTimeoutSeconds * 1_000);
  }

  /** True if an attempt that begins now may use up its timeout within the 12 hours that SQS hides a message. */
  private hasTime({ receivedAt }: ReceivedMessage): boolean {
    const { clock, timeoutSeconds } = this.effects;
    const maxWaitSeconds = limits.maxVisibilitySeconds - hiddenMarginSeconds - timeoutSeconds;
    return clock.now() - receivedAt <= Math.max(hiddenMarginSeconds, maxWaitSeconds) * 1_000;
  }
}
