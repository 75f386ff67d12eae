import { type CompletionEvent, completionEventOf } from "../../../contract/messages/completionEvent";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { cutError } from "../support/errors";
import { type Hold, type HoldState, type JobRecords } from "./records";

/** Publishes a job's final state. */
export type Announce = (event: CompletionEvent) => Promise<void>;

/**
 * Records that publish each final state once it is written. If publishing fails, the write counts as failed too: its
 * repetition, or the message that reappears since it was not deleted, publishes again.
 */
export function announceEnds(records: JobRecords, announce: Announce): JobRecords {
  const jobs = new WeakMap<Hold, JobEnvelope>();

  async function announceEnd(
    hold: Hold,
    state: "succeeded" | "failed" | "cancelled",
    now: number,
    written: HoldState,
    why: Pick<CompletionEvent, "error" | "resultOmitted"> = {},
  ): Promise<HoldState> {
    const job = jobs.get(hold);
    if (written === "lost" || !job) return written;
    const { id, type, labels } = job;
    const submittedAt = new Date(job.submittedAt).toISOString();
    const finishedAt = new Date(now).toISOString();
    await announce({
      id,
      type,
      state,
      attempts: hold.attempt,
      submittedAt,
      finishedAt,
      ...(labels && { labels }),
      ...why,
    });
    return written;
  }

  return {
    extend: (...args) => records.extend(...args),
    reportProgress: (...args) => records.reportProgress(...args),
    retry: (...args) => records.retry(...args),
    giveBack: (...args) => records.giveBack(...args),
    holdSuspects: (...args) => records.holdSuspects(...args),
    freeSuspects: (...args) => records.freeSuspects(...args),
    async claim(request) {
      const claim = await records.claim(request);
      if (claim.outcome === "started" || claim.outcome === "exhausted") jobs.set(claim.hold, request.job);
      if (claim.outcome === "cancelled") await announce(completionEventOf(claim.record));
      if (claim.outcome === "duplicate") {
        const { ended } = claim;
        // The message of the last attempt was not deleted, so its worker may have died before it published. For a job
        // that was cancelled before any attempt, the message is still there.
        const isOwed = ended && (ended.state === "cancelled" || ended.messageId === request.messageId);
        if (isOwed) await announce(completionEventOf(ended));
      }
      return claim;
    },
    async succeed(hold, result, now, last) {
      const written = await records.succeed(hold, result, now, last);
      const { resultOmitted } = last ?? {};
      return announceEnd(hold, "succeeded", now, written, { ...(resultOmitted && { resultOmitted }) });
    },
    async fail(hold, error, now, last) {
      const written = await records.fail(hold, error, now, last);
      return announceEnd(hold, "failed", now, written, { error: cutError(error) });
    },
    async cancel(hold, now, last) {
      return announceEnd(hold, "cancelled", now, await records.cancel(hold, now, last));
    },
  };
}
