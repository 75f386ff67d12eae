import { type CompletionEvent, completionEventOf } from "../../../contract/messages/completionEvent";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { type JobError } from "../../../contract/records/record";
import { cutError } from "../support/errors";
import { type Claim, type ClaimRequest, type Hold, type HoldState, type JobRecords, type LastWords } from "./records";

/** Publishes a job's final state. */
export type Announce = (event: CompletionEvent) => Promise<void>;

/**
 * Records that publish each final state once it is written. If publishing fails, the write counts as failed too: its
 * repetition, or the message that reappears since it was not deleted, publishes again.
 */
export class AnnouncedRecords implements JobRecords {
  private readonly jobs = new WeakMap<Hold, JobEnvelope>();

  constructor(
    private readonly records: JobRecords,
    private readonly announce: Announce,
  ) {}

  async claim(request: ClaimRequest): Promise<Claim> {
    const claim = await this.records.claim(request);
    switch (claim.outcome) {
      case "started":
      case "exhausted":
        this.jobs.set(claim.hold, request.job);
        return claim;
      case "cancelled":
        await this.announce(completionEventOf(claim.record));
        return claim;
      case "duplicate": {
        const { ended } = claim;
        // The message of the last attempt was not deleted, so its worker may have died before it published. For a job
        // that was cancelled before any attempt, the message is still there.
        const isOwed = ended && (ended.state === "cancelled" || ended.messageId === request.messageId);
        if (isOwed) await this.announce(completionEventOf(ended));
        return claim;
      }
      case "refused":
      case "busy":
      case "suspect":
        return claim;
    }
  }

  extend(hold: Hold, leaseUntil: number): Promise<HoldState> {
    return this.records.extend(hold, leaseUntil);
  }

  reportProgress(hold: Hold, progress: { fraction: number; note?: string }): Promise<HoldState> {
    return this.records.reportProgress(hold, progress);
  }

  async succeed(hold: Hold, result: unknown, now: number, last?: LastWords): Promise<HoldState> {
    const written = await this.records.succeed(hold, result, now, last);
    const resultOmitted = last?.resultOmitted;
    return this.announceEnd(hold, "succeeded", now, written, { ...(resultOmitted && { resultOmitted }) });
  }

  retry(hold: Hold, error: JobError, retryAt?: number, isSuspect?: boolean): Promise<HoldState> {
    return this.records.retry(hold, error, retryAt, isSuspect);
  }

  async fail(hold: Hold, error: JobError, now: number, last?: LastWords): Promise<HoldState> {
    const written = await this.records.fail(hold, error, now, last);
    return this.announceEnd(hold, "failed", now, written, { error: cutError(error) });
  }

  async cancel(hold: Hold, now: number, last?: LastWords): Promise<HoldState> {
    return this.announceEnd(hold, "cancelled", now, await this.records.cancel(hold, now, last));
  }

  holdSuspects(request: Parameters<JobRecords["holdSuspects"]>[0]): Promise<boolean> {
    return this.records.holdSuspects(request);
  }

  freeSuspects(request: Parameters<JobRecords["freeSuspects"]>[0]): Promise<void> {
    return this.records.freeSuspects(request);
  }

  giveBack(hold: Hold): Promise<HoldState> {
    return this.records.giveBack(hold);
  }

  private async announceEnd(
    hold: Hold,
    state: "succeeded" | "failed" | "cancelled",
    now: number,
    written: HoldState,
    why: Pick<CompletionEvent, "error" | "resultOmitted"> = {},
  ): Promise<HoldState> {
    const job = this.jobs.get(hold);
    if (written === "lost" || !job) return written;
    const { id, type } = job;
    const submittedAt = new Date(job.submittedAt).toISOString();
    const finishedAt = new Date(now).toISOString();
    await this.announce({ id, type, state, attempts: hold.attempt, submittedAt, finishedAt, ...why });
    return written;
  }
}
