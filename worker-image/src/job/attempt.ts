import { rm } from "node:fs/promises";
import { definedFields } from "../../../contract/definedFields";
import { errorFields, type EventName, type Log } from "../../../contract/log";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { JobLog } from "../handlers/jobLog";
import { JobStopped, type RunOutcome, type StopCause } from "../handlers/runner";
import { isUnknownMessage, type ReceivedMessage } from "../queue/queue";
import { type Hold, type HoldState } from "../records/records";
import { hideableSeconds } from "../support/backoff";
import { sleep } from "../support/clock";
import { toJobError } from "../support/errors";
import { heartbeatInterval, startHeartbeat } from "../support/heartbeat";
import { PacedWriter } from "../support/pacedWriter";
import { type Progress, toProgress } from "../support/progress";
import { type JobEffects, leaseEnd } from "./effects";
import { type JobTrace, traceOf, traceparentOf } from "./trace";

/** Share of a message's hidden time that is certain: clocks and calls have their delays. */
const trustedShare = 0.9;

/** End of an attempt: by the handler itself, or because it had to stop. */
export type AttemptEnd = (
  Exclude<RunOutcome, { kind: "stopped" }> | { kind: "stopped"; cause: StopCause; isStuck?: boolean }
) & {
  /** The last progress, if it was not written yet. */
  progress?: Progress;
  /** The last checkpoint as JSON, if it was not written yet. */
  checkpoint?: string;
};

/**
 * One run of a job that this worker holds: the handler, and beside it the heartbeat, the timeout and the
 * progress. The heartbeat outlasts the handler, until `release`, so that the end can be recorded safely.
 */
export class Attempt {
  readonly trace: JobTrace;
  private readonly stopping = new AbortController();
  private readonly progress: PacedWriter<Progress>;
  private readonly checkpoints: PacedWriter<string>;
  /** Checkpoint of an earlier attempt. */
  private checkpoint: unknown;
  private readonly jobLog: JobLog;
  private readonly endHeartbeat: () => Promise<void>;
  /** Undefined without records. */
  private readonly resultFolder: string | undefined;
  private isOver = false;
  private hasMessage = true;
  /** Time until which the message is certainly hidden, by SQS's last confirmation. */
  private hiddenUntil: number;
  private isGone = false;
  private beatFailures = 0;
  /** The running extension of the lease. */
  private extension?: Promise<PromiseSettledResult<HoldState>>;

  constructor(
    private readonly effects: JobEffects,
    private readonly message: ReceivedMessage,
    private readonly job: JobEnvelope,
    readonly hold: Hold,
    private readonly log: Log,
    /** Time until which no other worker may take the job, by the table's last confirmation. */
    private leasedUntil: number,
  ) {
    const { clock, records, largeValues } = effects;
    this.resultFolder = largeValues?.newFolder();
    const { visibilityTimeoutSeconds, jobTable, queueUrl } = effects.settings;
    this.trace = traceOf(job, hold, jobTable ?? queueUrl);
    const onError = (event: EventName) => (error: unknown) => log("warn", event, errorFields(error));
    this.progress = new PacedWriter(
      clock,
      async (progress) => this.onHoldState(await records.reportProgress(hold, progress)),
      onError("progress-not-written"),
    );
    this.checkpoints = new PacedWriter(clock, (json) => this.saveCheckpoint(json), onError("checkpoint-not-written"));
    // Not `receivedAt`: if the worker froze before it read SQS's answer, the message was visible again by then.
    this.hiddenUntil = message.askedAt + visibilityTimeoutSeconds * 1_000 * trustedShare;
    this.jobLog = new JobLog(
      clock,
      (level, text, about) => log(level, "job-log", { message: text, ...about }),
      () => effects.output?.isBehind() ?? false,
    );
    const interval = heartbeatInterval(visibilityTimeoutSeconds);
    const onMissedBeat = (error: unknown) => {
      // Through an outage of hours, the 1st, 2nd, 4th, 8th … in a row suffice.
      if (Number.isInteger(Math.log2(++this.beatFailures))) onError("heartbeat-failed")(error);
    };
    this.endHeartbeat = startHeartbeat(clock, interval, () => this.beat(), onMissedBeat);
  }

  /** True if the claim's answer took so long that its lease has ended, and another worker has taken the job since. */
  async isTooLate(): Promise<boolean> {
    if (this.effects.clock.now() < this.leasedUntil) return false;
    const leaseUntil = leaseEnd(this.effects);
    if ((await this.effects.records.extend(this.hold, leaseUntil)) === "lost") return true;
    this.leasedUntil = leaseUntil;
    return false;
  }

  /** Reads the checkpoint of the earlier attempts. Resolves to an end if the job can't begin. */
  async takeCheckpoint(): Promise<AttemptEnd | undefined> {
    if (this.hold.checkpointAt === undefined || !this.effects.checkpoints) return undefined;
    try {
      const taken = await this.effects.checkpoints.take(this.hold);
      if (taken === "lost") return { kind: "stopped", cause: "lease-lost" };
      this.checkpoint = taken.value;
      return undefined;
    } catch (error) {
      return { kind: "given-back", reason: `Its checkpoint could not be read: ${toJobError(error).message}` };
    }
  }

  /** Writes a checkpoint, and before the job's first one a note in its record, without which no attempt would look. */
  async saveCheckpoint(json: string): Promise<void> {
    const { clock, checkpoints, records } = this.effects;
    const checkpointAt = new Date(clock.now()).toISOString();
    if (this.hold.checkpointAt === undefined) {
      const state = await records.extend({ ...this.hold, checkpointAt }, leaseEnd(this.effects));
      this.onHoldState(state);
      if (state === "lost") return;
      this.hold.checkpointAt = checkpointAt;
    }
    const state = await checkpoints!.write(this.hold, json);
    this.onHoldState(state);
    if (state === "held") this.hold.checkpointAt = checkpointAt;
  }

  /** Runs the handler; resolves once all its processes have ended, or can't be stopped. Never rejects. */
  async run(): Promise<AttemptEnd> {
    const { clock, settings } = this.effects;
    const { timeoutSeconds } = settings;
    const text = `The attempt took longer than ${timeoutSeconds} s`;
    const cancelTimeout = clock.after(timeoutSeconds * 1_000, () => this.stop("timeout", text));
    const outcome = await this.runHandler();
    this.isOver = true;
    cancelTimeout();
    this.jobLog.end();
    const [progress, checkpoint] = await Promise.all([this.progress.stop(), this.checkpoints.stop()]);
    return definedFields({ ...this.endOf(outcome), progress, checkpoint });
  }

  private endOf(outcome: RunOutcome): AttemptEnd {
    // After a stop, the handler's return value may be half a result.
    const reason: unknown = this.stopping.signal.reason;
    const isStuck = outcome.kind === "stopped" && outcome.isStuck === true;
    if (reason instanceof JobStopped) return { kind: "stopped", cause: reason.stopCause, ...(isStuck && { isStuck }) };
    return outcome.kind === "stopped" ? { kind: "stopped", cause: "drain", ...(isStuck && { isStuck }) } : outcome;
  }

  /** Stops the handler; the first cause counts. */
  stop(cause: StopCause, message: string): void {
    if (!this.isOver) this.stopping.abort(new JobStopped(cause, message));
  }

  /** The message is removed: from now on the heartbeat extends only the record's lease. */
  forgetMessage(): void {
    this.hasMessage = false;
  }

  /** Ends the heartbeat; resolves when it will no longer touch the message. */
  release(): Promise<void> {
    this.isOver = true;
    return this.endHeartbeat();
  }

  /** Removes a result that is in S3 by now, or nowhere. */
  async removeFiles(): Promise<void> {
    if (this.resultFolder !== undefined) await rm(this.resultFolder, { recursive: true, force: true });
  }

  private async runHandler(): Promise<RunOutcome> {
    const { id, type, payload, submittedAt, tenant } = this.job;
    const { attempt } = this.hold;
    const job = definedFields({ id, type, payload, submittedAt, attempt, tenant, checkpoint: this.checkpoint });
    try {
      return await this.effects.runner.run(job, this.stopping.signal, {
        onProgress: (fraction, note) => {
          const progress = toProgress(fraction, note);
          if (progress) this.progress.report(progress);
        },
        onCheckpoint: this.effects.checkpoints && ((json) => this.checkpoints.report(json)),
        onLog: (level, message, about) => this.jobLog.log(level, message, about),
        fetchPayload: this.job.payloadRef && ((file) => this.fetchPayload(file)),
        resultFolder: this.resultFolder,
        mayBegin: () => this.mayBegin(),
        caughtUp: () => this.effects.output?.caughtUp(),
        traceparent: traceparentOf(this.trace, this.effects.traces !== undefined),
      });
    } catch (error) {
      // A runner doesn't reject; if it did, the job would have to be released all the same.
      return { kind: "failed", error: toJobError(error), isPermanent: false };
    }
  }

  private async fetchPayload(file: string): Promise<RunOutcome | undefined> {
    const { largeValues } = this.effects;
    if (largeValues) return largeValues.fetch(this.job, file, this.stopping.signal);
    const error = { name: "PayloadNotRead", message: "Payloads in S3 need `tracking`, which is off" };
    return { kind: "failed", error, isPermanent: true };
  }

  private mayBegin(): boolean {
    if (this.effects.clock.now() < this.leasedUntil) return true;
    this.stop("lease-lost", "The lease ended before the handler began");
    return false;
  }

  /**
   * Hides the message for longer; resolves to true if SQS has lost it: it was hidden all the time, so it was deleted,
   * or its queue purged. Rejects if SQS can't be reached.
   */
  async isMessageGone(): Promise<boolean> {
    const { queue, clock, settings } = this.effects;
    if (!this.hasMessage || this.isGone) return this.isGone;
    const now = clock.now();
    const seconds = hideableSeconds(settings.visibilityTimeoutSeconds, this.message.receivedAt, now);
    if (seconds <= 0) return false;
    try {
      await queue.hide(this.message, seconds);
      this.hiddenUntil = now + seconds * 1_000 * trustedShare;
    } catch (error) {
      if (!isUnknownMessage(error) || clock.now() >= this.hiddenUntil) throw error;
      this.isGone = true;
      this.log("warn", "message-gone", { reason: "Its message was deleted from the queue while it ran" });
    }
    return this.isGone;
  }

  /**
   * Record first: a message that reappears while the lease holds is only hidden again. If the record is out of reach,
   * or its table doesn't answer, the message is hidden all the same: no other worker could begin the job, and this one
   * may end it once the table is back.
   */
  private async beat(): Promise<void> {
    const { clock, settings } = this.effects;
    const patience = new AbortController();
    const halfInterval = heartbeatInterval(settings.visibilityTimeoutSeconds) / 2;
    this.extension ??= this.extendLease();
    const leased = await Promise.race([this.extension, sleep(clock, halfInterval, patience.signal)]);
    patience.abort();
    if (leased?.status !== "fulfilled" || leased.value !== "lost") await this.isMessageGone();
    if (!leased) throw new Error("The table of records has not answered the heartbeat yet");
    if (leased.status === "rejected") throw leased.reason;
    this.beatFailures = 0;
  }

  /** One at a time: a call that hangs may outlast several beats. */
  private async extendLease(): Promise<PromiseSettledResult<HoldState>> {
    const leaseUntil = leaseEnd(this.effects);
    const [leased] = await Promise.allSettled([this.effects.records.extend(this.hold, leaseUntil)]);
    this.extension = undefined;
    if (leased.status === "fulfilled") {
      if (leased.value !== "lost") this.leasedUntil = leaseUntil;
      this.onHoldState(leased.value);
    }
    return leased;
  }

  private onHoldState(state: HoldState): void {
    if (state === "lost") this.stop("lease-lost", "Another worker holds the job now");
    if (state === "cancel-requested") this.stop("cancelled", "The job was cancelled");
  }
}
