import { setMaxListeners } from "node:events";
import { limits } from "../../../contract/limits";
import { errorFields, type Log } from "../../../contract/log";
import { checkLabels, decodeEnvelope, type JobEnvelope } from "../../../contract/messages/envelope";
import { checkRef } from "../../../contract/records/largeValues";
import { type JobRecord } from "../../../contract/records/record";
import { type SlotEvents, type Untaken } from "../queue/poller";
import { type ReceivedMessage } from "../queue/queue";
import { type Claim, type Hold } from "../records/records";
import { retry } from "../services/retry";
import { isOutage } from "../services/serviceError";
import { hiddenMarginSeconds, hideableSeconds, unusedSeconds } from "../support/backoff";
import { withFields } from "../support/log";
import { addUsage } from "../usage/usageOf";
import { Attempt, type AttemptEnd } from "./attempt";
import { type JobEffects, leaseEnd } from "./effects";
import { type ClaimedJob, type HeldJob } from "./heldJob";
import { putOff } from "./putOff";
import { Settler } from "./settler";
import { Suspects } from "./suspects";
import { type EndedAttempt } from "./trace";

const refProblems = ({ payloadRef }: JobEnvelope) => (payloadRef === undefined ? [] : checkRef(payloadRef, true));

/** The end of an attempt, for its span. */
function outcomeOf(end: AttemptEnd): Pick<EndedAttempt, "outcome" | "error"> {
  if (end.kind === "failed") return { outcome: "failed", error: end.error };
  if (end.kind !== "stopped") return { outcome: end.kind, error: undefined };
  const { cause } = end;
  const error = { name: cause, message: "The attempt was stopped" };
  return { outcome: cause, error: cause === "timeout" || cause === "lease-lost" ? error : undefined };
}

/** The job with the means of the attempt that holds it. */
function heldBy(attempt: Attempt, claimed: Omit<HeldJob, "release">): HeldJob {
  return {
    ...claimed,
    heldUntil: claimed.message.receivedAt + (limits.maxVisibilitySeconds - hiddenMarginSeconds) * 1_000,
    isMessageGone: () => attempt.isMessageGone(),
    saveCheckpoint: (json) => attempt.saveCheckpoint(json),
    release: () => attempt.release(),
  };
}

/** For a message that no poller waits for. */
const noSlot: SlotEvents = {
  onTaken: () => undefined,
  free: () => undefined,
  beAlone: () => Promise.resolve(true),
  endAlone: () => undefined,
};

/** Processes one message from its receipt to its end: decode, claim, run, settle. */
export class MessageProcessor {
  private readonly attempts = new Set<Attempt>();
  /** Ids of the jobs that this worker holds. */
  private readonly atWork = new Set<string>();
  private readonly retriesEnd = new AbortController();
  private readonly settler: Settler;
  private readonly suspects: Suspects;
  private isDraining = false;

  constructor(private readonly effects: JobEffects) {
    // Each end that is yet to be settled listens: many in an outage, which is no leak.
    setMaxListeners(0, this.retriesEnd.signal);
    this.settler = new Settler(effects, this.retriesEnd.signal);
    this.suspects = new Suspects(
      effects,
      () => this.isDraining,
      (...claimed) => this.handleClaim(...claimed),
    );
  }

  /**
   * Never rejects: after any failure, SQS delivers the message again once its visibility timeout ends. The slot is
   * free once all processes of the handler have ended; later writes hold up no other job. Resolves to a reason if the
   * table of records is out of reach, and with it every other job.
   */
  async process(message: ReceivedMessage, slot: SlotEvents = noSlot): Promise<Untaken | undefined> {
    let log = withFields(this.effects.log, { messageId: message.id });
    try {
      if (this.isDraining) return void (await this.effects.queue.hide(message, 0));
      const decoded = decodeEnvelope(message.body);
      const problems = decoded.ok ? [...checkLabels(decoded.value), ...refProblems(decoded.value)] : decoded.problems;
      if (!decoded.ok || problems.length > 0) {
        const texts = problems.map(({ path, message: text }) => (path ? `${path}: ${text}` : text));
        slot.free();
        return void (await this.refuse(message, `The message is no job: ${texts.join("; ")}`));
      }
      log = withFields(this.effects.log, { jobId: decoded.value.id, messageId: message.id });
      return await this.take(decoded.value, message, log, slot);
    } catch (error) {
      log("error", "message-left-in-queue", errorFields(error));
      return undefined;
    }
  }

  /** From now on no job begins: received messages are handed back. */
  beginDrain(): void {
    this.isDraining = true;
  }

  /** Stops the running jobs, to be given back. */
  stopAll(reason: string): void {
    this.isDraining = true;
    for (const attempt of this.attempts) attempt.stop("drain", `The worker is shutting down: ${reason}`);
  }

  /** Failed calls are no longer repeated. */
  stopRetrying(): void {
    this.retriesEnd.abort();
  }

  private async take(
    job: JobEnvelope,
    message: ReceivedMessage,
    log: Log,
    slot: SlotEvents,
  ): Promise<Untaken | undefined> {
    const { records, clock, settings, workerId } = this.effects;
    const maxAttempts = Math.min(settings.maxAttempts, job.maxAttempts ?? Infinity);
    const now = clock.now();
    const leaseUntil = leaseEnd(this.effects);
    const { id: messageId, receiveCount, isRedriven } = message;
    const request = { job, messageId, receiveCount, isRedriven, worker: workerId, maxAttempts, now, leaseUntil };
    const claimed = { job, message, maxAttempts, leaseUntil, log };
    if (this.atWork.has(job.id)) {
      // Its lease may have ended while this worker was frozen; but no other worker has it, and the next heartbeat
      // renews the lease.
      const { visibilityTimeoutSeconds } = settings;
      return void (await putOff(this.effects, claimed, "its attempt still runs here", visibilityTimeoutSeconds));
    }
    let claim: Claim;
    try {
      claim = await records.claim(request);
    } catch (error) {
      await this.leave(message, error, log);
      return isOutage(error) ? { error } : undefined;
    }
    slot.onTaken();
    if (claim.outcome === "suspect") await this.suspects.take(claim.deferrals, request, claimed, slot);
    else await this.handleClaim(claim, claimed, slot.free);
    return undefined;
  }

  /** Each delivery counts, and this one was useless: the more there were, the later the next one comes. */
  private async leave(message: ReceivedMessage, error: unknown, log: Log): Promise<void> {
    const { queue, clock, random, settings } = this.effects;
    const wanted = unusedSeconds(message.receiveCount, settings.visibilityTimeoutSeconds, random);
    const hiddenSeconds = hideableSeconds(wanted, message.receivedAt, clock.now());
    log("error", "message-left-in-queue", { hiddenSeconds, ...errorFields(error) });
    try {
      await queue.hide(message, hiddenSeconds);
    } catch (failure) {
      log("warn", "message-not-hidden", errorFields(failure));
    }
  }

  private async handleClaim(claim: Claim, claimed: ClaimedJob, freeSlot: () => void): Promise<void> {
    const { queue, clock } = this.effects;
    const { message, log } = claimed;
    switch (claim.outcome) {
      case "started":
        if (claim.isUnsubmitted) void this.keepPayload(claimed.job, log);
        return this.runJob({ ...claimed, hold: claim.hold }, freeSlot, claim.record);
      case "exhausted": {
        const { hold, error } = claim;
        const exhaustedLog = withFields(log, { attempt: hold.attempt });
        const held = { ...claimed, hold, log: exhaustedLog, release: () => Promise.resolve() };
        freeSlot();
        const reason = `No attempt is left after ${hold.attempt}: ${error.name}: ${error.message}`;
        return this.settler.failForGood(held, error, reason);
      }
      case "cancelled":
        this.effects.usage?.noteEnd(claimed.job);
        await queue.remove(message);
        return log("info", "job-cancelled");
      case "duplicate":
        await queue.remove(message);
        return log("info", "message-deleted", { reason: claim.because });
      case "refused":
        freeSlot();
        return this.refuse(message, claim.reason, "warn", log);
      case "suspect":
        return this.suspects.defer(claimed);
      case "busy": {
        const seconds = Math.max(1, Math.ceil((claim.until - clock.now()) / 1_000));
        return putOff(this.effects, claimed, "its attempt still runs, or its lease hasn't ended", seconds);
      }
    }
  }

  /** Of a job that was published straight to the topic. It runs even if its payload can't be kept. */
  private async keepPayload(job: JobEnvelope, log: Log): Promise<void> {
    try {
      await this.effects.keepPayload?.(job);
    } catch (error) {
      log("warn", "payload-not-kept", errorFields(error));
    }
  }

  private async runJob(
    claimed: ClaimedJob & { hold: Hold },
    freeSlot: () => void,
    record: JobRecord | undefined,
  ): Promise<void> {
    const { clock } = this.effects;
    const { job, message, hold } = claimed;
    const begunAt = clock.now();
    let endedAt: number | undefined;
    const { id: jobId, labels } = job;
    const log = withFields(this.effects.log, { jobId, attempt: hold.attempt, ...(labels && { labels }) });
    const attempt = new Attempt(this.effects, message, job, hold, log, claimed.leaseUntil);
    const timedLog: Log = (level, event, fields) =>
      log(level, event, { ...fields, runMs: (endedAt ?? clock.now()) - begunAt });
    const held = heldBy(attempt, { ...claimed, log: timedLog });
    this.attempts.add(attempt);
    this.atWork.add(job.id);
    const endUsage = this.effects.usage?.begin(job, claimed.isAlone === true);
    let end: AttemptEnd | undefined;
    try {
      end = await this.endOf(attempt, held, log);
      endedAt = clock.now();
      if (endUsage) hold.usage = addUsage(hold.usage, endUsage());
      if (end.kind === "stopped" && end.isStuck) this.reportStuck(end.cause, log);
      freeSlot();
      await this.settler.settle(held, end);
    } finally {
      endUsage?.();
      this.attempts.delete(attempt);
      this.atWork.delete(job.id);
      await attempt.release();
      await attempt.removeFiles();
      if (end) {
        const { id: messageId, sentAt } = message;
        const about = { job, attempt: hold.attempt, trace: attempt.trace, messageId, sentAt, record };
        this.effects.traces?.add({ ...about, begunAt, endedAt: endedAt!, ...outcomeOf(end) });
      }
    }
  }

  private reportStuck(cause: string, log: Log): void {
    const reason = "Not even a kill ends the handler's process";
    log("error", "handler-not-killable", { reason, cause });
    this.effects.onStuck?.();
  }

  private async endOf(attempt: Attempt, held: HeldJob, log: Log): ReturnType<Attempt["run"]> {
    if (await attempt.isTooLate()) return { kind: "stopped", cause: "lease-lost" };
    const { job } = held;
    const { type } = this.effects.settings;
    if (job.type !== type) {
      const text = `Expected a job of type "${type}" in this queue, got "${job.type}"`;
      return { kind: "failed", isPermanent: true, error: { name: "WrongQueue", message: text } };
    }
    // The drain may have begun during the claim.
    if (this.isDraining) return { kind: "stopped", cause: "drain" };
    const end = await attempt.takeCheckpoint();
    if (end) return end;
    if (this.effects.settings.acknowledge === "before") {
      await this.settler.acknowledge(held);
      attempt.forgetMessage();
    }
    const waitMs = Math.max(0, this.effects.clock.now() - Date.parse(job.submittedAt));
    log("info", "job-started", { waitMs });
    return attempt.run();
  }

  /** A message that can't be read, or isn't its job's, is no job: there is no record to write. */
  private async refuse(
    message: ReceivedMessage,
    reason: string,
    level: "warn" | "error" = "error",
    log = this.effects.log,
  ): Promise<void> {
    const { queue, clock, random, settings } = this.effects;
    const about = { messageId: message.id, reason };
    const onRetry = (error: unknown) => log("warn", "settling-retried", { ...about, ...errorFields(error) });
    const options = { clock, random, signal: this.retriesEnd.signal, onRetry };
    const failedAt = new Date(clock.now()).toISOString();
    await retry(() => queue.deadLetter({ body: message.body, type: settings.type, reason, failedAt }), options);
    await retry(() => queue.remove(message), options);
    log(level, "message-dead-lettered", about);
  }
}
