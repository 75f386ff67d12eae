import { errorFields, type EventName } from "../../../contract/log";
import { type JobError } from "../../../contract/records/record";
import { type ReceivedMessage } from "../queue/queue";
import { type HoldState, type LastWords } from "../records/records";
import { retry } from "../services/retry";
import { isOutage } from "../services/serviceError";
import { backoffSeconds, hideableSeconds } from "../support/backoff";
import { toJobError } from "../support/errors";
import { shortenMiddle } from "../support/text";
import { type AttemptEnd } from "./attempt";
import { type JobEffects, leaseEnd } from "./effects";
import { type HeldJob } from "./heldJob";

type Success = Extract<AttemptEnd, { kind: "succeeded" }>;

/** Longest pause of a job that its handler gave back. */
const maxGiveBackSeconds = 60;

/** Characters of a dead letter's reason. */
const maxReasonCharacters = 1_000;

/** Reason for a job that should run again, but whose message was deleted, or purged with its queue. */
const messageDeleted = "its message was deleted from the queue while it ran, so that nothing would bring it back";

/** Error of a job that runs at most once when its worker has to end. */
const cutOff: JobError = {
  name: "WorkerStopped",
  message: "The worker had to end while the job ran, and the job was acknowledged before it ran",
};

/** Records how jobs end, and only after that settles their messages. Jobs with a lost lease are left alone. */
export class Settler {
  /** @param retriesSignal ends retries when it aborts: each call is then tried only once */
  constructor(
    private readonly effects: JobEffects,
    private readonly retriesSignal: AbortSignal,
  ) {}

  /** Rejects if a queue or a table fails; the message then reappears, and the record says what happened. */
  async settle(held: HeldJob, end: AttemptEnd): Promise<void> {
    held.progress = end.progress;
    await this.saveCheckpoint(held, end);
    switch (end.kind) {
      case "succeeded":
        return this.succeed(held, end);
      case "failed":
        return this.failAttempt(held, end.error, end.isPermanent, end.stack);
      case "given-back":
        return this.giveBack(held, { reason: end.reason, hideSeconds: this.pauseAfterGiveBack(held.message) });
      case "stopped":
        switch (end.cause) {
          case "timeout":
            return this.failAttempt(held, this.timedOut(), false, undefined, end.isStuck);
          case "cancelled":
            return this.cancel(held);
          case "drain":
            return this.giveBack(held, { hideSeconds: 0 });
          case "lease-lost":
            return logLost(held);
        }
    }
  }

  /**
   * Removes the message before the job runs, so that it runs at most once. Rejects, and the job mustn't run, if it
   * can't.
   */
  async acknowledge(held: HeldJob): Promise<void> {
    // The job has its slot already, which an outage must not block.
    await this.withRetries({ ...held, heldUntil: undefined }, () => this.effects.queue.remove(held.message));
    held.isAcknowledged = true;
  }

  /** Before the end is recorded: from then on another attempt may begin. A job that goes on nowhere needs none. */
  private async saveCheckpoint(held: HeldJob, end: AttemptEnd): Promise<void> {
    const { checkpoint } = end;
    const isOver = end.kind === "succeeded" || (end.kind === "stopped" && /cancelled|lease-lost/.test(end.cause));
    if (checkpoint === undefined || isOver) return;
    const save = () =>
      this.withRetries({ ...held, heldUntil: undefined }, async () => held.saveCheckpoint?.(checkpoint));
    try {
      // An outage of all tables is waited out with the record; one of this table alone holds up no job.
      await save().catch(() => this.extend(held).then(save));
    } catch (error) {
      held.log("warn", "checkpoint-not-written", errorFields(error));
    }
  }

  /** Dead-letters the job, records it, deletes the message: in that order, so that no kill in between loses it. */
  async failForGood(held: HeldJob, error: JobError, reason: string, stack?: string): Promise<void> {
    const { records, queue, clock } = this.effects;
    const { job, message, hold } = held;
    // Checked first: a worker that was frozen must not dead-letter a job that another one has run since.
    if ((await this.extend(held)) === "lost") return logLost(held);
    const failedAt = new Date(clock.now()).toISOString();
    const { frames } = error;
    const why = { reason: forLetter(reason), attempt: hold.attempt, failedAt, ...(frames && { frames }) };
    const letter = { body: message.body, type: job.type, ...why };
    await this.withRetries(held, () => queue.deadLetter(letter));
    if (await this.isLost(held, () => records.fail(hold, error, clock.now(), lastWords(held)))) return;
    await this.endJob(held);
    held.log("error", "job-failed", { reason, error: { ...error, stack } });
  }

  private async succeed(held: HeldJob, end: Success): Promise<void> {
    const { records, clock } = this.effects;
    const last = { ...lastWords(held), ...(await this.placeResult(held, end)) };
    if (await this.isLost(held, () => records.succeed(held.hold, end.result, clock.now(), last))) return;
    await this.endJob(held);
    held.log("info", "job-succeeded");
  }

  /** Stores a result that is too large for the record. The job is done, even if S3 refuses it for good. */
  private async placeResult(held: HeldJob, { file, omitted }: Success): Promise<LastWords> {
    if (!file) return omitted ? { resultOmitted: omitted } : {};
    const { largeValues } = this.effects;
    try {
      return { resultRef: await this.withRetries(held, () => largeValues!.store(held.job, held.hold, file)) };
    } catch (error) {
      if (isOutage(error)) throw error;
      const { name, message } = toJobError(error);
      const { bytes, sha256 } = file;
      return { resultOmitted: { bytes, sha256, reason: `It could not be stored in S3: ${name}: ${message}` } };
    }
  }

  private async failAttempt(
    held: HeldJob,
    error: JobError,
    isPermanent: boolean,
    stack?: string,
    isSuspect?: boolean,
  ): Promise<void> {
    const { attempt } = held.hold;
    const text = `${error.name}: ${error.message}`;
    if (isPermanent || held.isAcknowledged) return this.failForGood(held, error, text, stack);
    if (attempt < held.maxAttempts) return this.retry(held, error, stack, isSuspect);
    return this.failForGood(held, error, `Attempt ${attempt} of ${held.maxAttempts} failed: ${text}`, stack);
  }

  private async retry(held: HeldJob, error: JobError, stack?: string, isSuspect?: boolean): Promise<void> {
    const { records, clock, random, settings } = this.effects;
    if (await this.isMessageGone(held)) {
      const { attempt } = held.hold;
      const reason = `Attempt ${attempt} of ${held.maxAttempts} failed: ${error.name}: ${error.message}; ${messageDeleted}`;
      return this.failForGood(held, error, reason, stack);
    }
    const wanted = backoffSeconds(held.hold.attempt, {
      baseSeconds: settings.backoffSeconds,
      maxSeconds: settings.maxBackoffSeconds,
      random,
    });
    const backoff = hideableSeconds(wanted, held.message.receivedAt, clock.now());
    const retryAt = clock.wallNow() + backoff * 1_000;
    const state = await this.write(held, () => records.retry(held.hold, error, retryAt, isSuspect));
    if (state === "lost") return;
    // A cancelled job skips its backoff; the next receiver finishes it as cancelled.
    const retryInSeconds = state === "cancel-requested" ? 0 : backoff;
    await this.hideMessage(held, retryInSeconds);
    held.log("warn", "job-retried", { retryInSeconds, error: { ...error, stack } });
  }

  private async cancel(held: HeldJob): Promise<void> {
    const { records, clock } = this.effects;
    if (await this.isLost(held, () => records.cancel(held.hold, clock.now(), lastWords(held)))) return;
    await this.endJob(held);
    held.log("info", "job-cancelled");
  }

  private async giveBack(held: HeldJob, fields: { reason?: string; hideSeconds: number }): Promise<void> {
    if (held.isAcknowledged) return this.failAttempt(held, fields.reason ? refused(fields.reason) : cutOff, true);
    if (await this.isMessageGone(held)) {
      const error = { name: "MessageDeleted", message: `The job was to be given back, but ${messageDeleted}` };
      return this.failForGood(held, error, `${error.name}: ${error.message}`);
    }
    const state = await this.write(held, () => this.effects.records.giveBack(held.hold, fields.reason));
    if (state === "lost") return;
    // A cancelled job skips its pause; the next receiver finishes it as cancelled.
    await this.hideMessage(held, state === "cancel-requested" ? 0 : fields.hideSeconds);
    held.log("info", "job-given-back", fields);
  }

  /** Grows with each delivery, so that a job that can't run now doesn't spin; never long, since the job should run. */
  private pauseAfterGiveBack({ receiveCount, receivedAt }: ReceivedMessage): number {
    const { settings, clock, random } = this.effects;
    const { backoffSeconds: base, maxBackoffSeconds: max } = settings;
    const bounds = { baseSeconds: Math.max(1, base), maxSeconds: Math.min(max, maxGiveBackSeconds), random };
    return hideableSeconds(Math.max(1, backoffSeconds(receiveCount, bounds)), receivedAt, clock.now());
  }

  private timedOut(): JobError {
    const message = `The attempt took longer than ${this.effects.settings.timeoutSeconds} s and was stopped`;
    return { name: "TimeoutError", message };
  }

  private extend(held: HeldJob): Promise<HoldState> {
    return this.withRetries(held, () => this.effects.records.extend(held.hold, leaseEnd(this.effects)));
  }

  private async isLost(held: HeldJob, write: () => Promise<HoldState>): Promise<boolean> {
    return (await this.write(held, write)) === "lost";
  }

  private async write(held: HeldJob, write: () => Promise<HoldState>): Promise<HoldState> {
    const state = await this.withRetries(held, write);
    if (state === "lost") logLost(held);
    return state;
  }

  /**
   * Checked before the record says that the job waits: then there must be a message. Without SQS's answer there may be
   * one.
   */
  private async isMessageGone(held: HeldJob): Promise<boolean> {
    try {
      return (await held.isMessageGone?.()) ?? false;
    } catch (error) {
      held.log("warn", "message-not-found", errorFields(error));
      return false;
    }
  }

  /** The end is on record: counts the job, and removes its message. */
  private async endJob(held: HeldJob): Promise<void> {
    this.effects.usage?.noteEnd(held.job);
    await held.release();
    if (held.isAcknowledged) return;
    const { queue, settings } = this.effects;
    const remove = (action: () => Promise<void>) => this.tryOnMessage(held, "message-not-deleted", action);
    // Without a table of records only the removal of its message ends a job.
    if (settings.jobTable === undefined) await remove(() => queue.remove(held.message));
    // If it is received again, its record says that the job is done: nothing needs to wait.
    else void remove(() => queue.removeLater(held.message));
  }

  private async hideMessage(held: HeldJob, seconds: number): Promise<void> {
    await held.release();
    await this.tryOnMessage(held, "message-not-hidden", () => this.effects.queue.hide(held.message, seconds));
  }

  /**
   * The record is written by now, if there is one, and decides about the message whenever it reappears: a message
   * that is out of reach, for instance since its visibility has ended, must not hide the job's outcome. Nor is an
   * outage waited out.
   */
  private async tryOnMessage(held: HeldJob, event: EventName, action: () => Promise<void>): Promise<void> {
    try {
      await this.withRetries({ ...held, heldUntil: undefined }, action);
    } catch (error) {
      held.log("warn", event, errorFields(error));
    }
  }

  private withRetries<T>(held: HeldJob, action: () => Promise<T>): Promise<T> {
    const { clock, random } = this.effects;
    const onRetry = (error: unknown) => held.log("warn", "settling-retried", errorFields(error));
    return retry(action, { clock, random, signal: this.retriesSignal, until: held.heldUntil, onRetry });
  }
}

/** Likewise if its handler gives it back. */
function refused(reason: string): JobError {
  return { name: "GivenBack", message: `${reason} (the job was acknowledged before it ran, and can't be tried again)` };
}

/** Message attributes hold less than records; the end of the text is the innermost cause. */
function forLetter(reason: string): string {
  return shortenMiddle(reason, maxReasonCharacters);
}

/** Fields written with the job's end. */
function lastWords({ progress }: HeldJob): LastWords {
  return { ...(progress && { progress }) };
}

function logLost(held: HeldJob): void {
  held.log("warn", "job-lease-lost", {
    reason: "Another worker holds the job now; its record and message are left alone",
  });
}
