import { errorFields } from "../../../contract/log";
import { type SlotEvents } from "../queue/poller";
import { type ReceivedMessage } from "../queue/queue";
import { type Claim, type ClaimRequest } from "../records/records";
import { heartbeatInterval, startHeartbeat } from "../support/heartbeat";
import { type JobEffects, leaseEnd } from "./effects";
import { type ClaimedJob } from "./heldJob";
import { putOff } from "./putOff";

/** Seconds that a suspect is hidden while its worker has other jobs, and most deferrals. */
const hiddenSeconds = 30;
const maxDeferrals = 10;

/** Longest time that it is hidden, plus a second, while another suspect of its type runs alone. */
const contendedSeconds = 4;

/**
 * Runs suspects, jobs that may have brought a worker down: each while the worker has no other job, and no other suspect
 * of the type runs.
 */
export class Suspects {
  /** @param onClaim goes on with a suspect that may run now */
  constructor(
    private readonly effects: JobEffects,
    private readonly isDraining: () => boolean,
    private readonly onClaim: (claim: Claim, claimed: ClaimedJob, freeSlot: () => void) => Promise<void>,
  ) {}

  async take(deferrals: number, request: ClaimRequest, claimed: ClaimedJob, slot: SlotEvents): Promise<void> {
    if (!(await this.becomeAlone(deferrals > maxDeferrals, claimed.message, slot))) return this.defer(claimed);
    try {
      if (this.isDraining()) return await this.effects.queue.hide(claimed.message, 0);
      await this.runAlone(request, claimed, slot);
    } finally {
      slot.endAlone();
    }
  }

  defer(claimed: ClaimedJob): Promise<void> {
    return putOff(this.effects, claimed, "it may have brought a worker down, and is to run alone", hiddenSeconds);
  }

  private async runAlone(request: ClaimRequest, claimed: ClaimedJob, slot: SlotEvents): Promise<void> {
    const { records, clock, random, settings, log } = this.effects;
    const lease = () => ({ now: clock.now(), leaseUntil: leaseEnd(this.effects) });
    if (!(await records.holdSuspects({ ...request, ...lease() }))) {
      const reason = "another job of the type that may have brought a worker down runs";
      return putOff(this.effects, claimed, reason, 1 + Math.round(random() * contendedSeconds));
    }
    const onError = (error: unknown) => log("warn", "heartbeat-failed", errorFields(error));
    const beat = async () => void (await records.holdSuspects({ ...request, ...lease() }));
    const endBeat = startHeartbeat(clock, heartbeatInterval(settings.visibilityTimeoutSeconds), beat, onError);
    try {
      const again = { ...request, ...lease(), isAlone: true };
      const claim = await records.claim(again);
      if (claim.outcome === "suspect") {
        return await putOff(this.effects, claimed, "its worker was lost meanwhile", hiddenSeconds);
      }
      await this.onClaim(claim, { ...claimed, leaseUntil: again.leaseUntil, isAlone: true }, slot.free);
    } finally {
      await endBeat();
      await records.freeSuspects(request).catch(onError);
    }
  }

  /** Keeps the message hidden while the worker's other jobs end. */
  private async becomeAlone(waitsForOthers: boolean, message: ReceivedMessage, slot: SlotEvents): Promise<boolean> {
    const { queue, clock, settings, log } = this.effects;
    const { visibilityTimeoutSeconds } = settings;
    const onError = (error: unknown) =>
      log("warn", "heartbeat-failed", { messageId: message.id, ...errorFields(error) });
    const beat = () => queue.hide(message, visibilityTimeoutSeconds);
    const endBeat = startHeartbeat(clock, heartbeatInterval(visibilityTimeoutSeconds), beat, onError);
    try {
      return await slot.beAlone(waitsForOthers);
    } finally {
      await endBeat();
    }
  }
}
