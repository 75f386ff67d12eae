import { decodeEnvelope, JobEnvelope } from "../../contract/envelope";
import { WorkerSettings } from "../../contract/workerSettings";
import { Attempt } from "./attempt";
import { Clock } from "./clock";
import { insist } from "./insist";
import { errorFields, Log, withFields } from "./log";
import { JobQueue, ReceivedMessage } from "./queue";
import { Claim, Hold, JobRecords } from "./records";
import { Runner } from "./runner";
import { HeldJob, Settler } from "./settle";

/** What the processing of messages is handed. */
export interface ProcessorEffects {
  settings: WorkerSettings;
  workerId: string;
  queue: JobQueue;
  records: JobRecords;
  runner: Runner;
  clock: Clock;
  random: () => number;
  log: Log;
}

/** Takes one message from its receipt to its end: decode, claim, run, settle. */
export class MessageProcessor {
  private readonly attempts = new Set<Attempt>();
  private readonly hurrying = new AbortController();
  private readonly settler: Settler;
  private isDraining = false;

  constructor(private readonly effects: ProcessorEffects) {
    const { queue, records, clock, random, settings } = effects;
    this.settler = new Settler({ queue, records, clock, random, ...settings, hurrySignal: this.hurrying.signal });
  }

  /**
   * Never rejects: whatever goes wrong, SQS shows the message again once its visibility timeout ends. The slot is free
   * once nothing of the handler runs any more; what is written after that holds up no other job.
   */
  async process(message: ReceivedMessage, freeSlot: () => void = () => undefined): Promise<void> {
    try {
      await this.take(message, freeSlot);
    } catch (error) {
      this.effects.log("error", "message-left", { messageId: message.id, ...errorFields(error) });
    }
  }

  /** From now on no job is begun: what is received is handed back. */
  beginDrain(): void {
    this.isDraining = true;
  }

  /** Stops the jobs that run, to be given back. */
  stopAll(): void {
    this.isDraining = true;
    for (const attempt of this.attempts) attempt.stop("drain", "The worker is shutting down");
  }

  /** Calls that fail are no longer repeated. */
  hurry(): void {
    this.hurrying.abort();
  }

  private async take(message: ReceivedMessage, freeSlot: () => void): Promise<void> {
    const { queue } = this.effects;
    if (this.isDraining) return queue.hide(message, 0);
    const decoded = decodeEnvelope(message.body);
    if (!decoded.ok) {
      const problems = decoded.problems.map(({ path, message: text }) => (path ? `${path}: ${text}` : text));
      return this.refuse(message, `The message is no job: ${problems.join("; ")}`);
    }
    const job = decoded.value;
    const log = withFields(this.effects.log, { jobId: job.id, jobType: job.type, messageId: message.id });
    try {
      await this.takeJob(job, message, log, freeSlot);
    } catch (error) {
      log("error", "message-left", errorFields(error));
    }
  }

  private async takeJob(job: JobEnvelope, message: ReceivedMessage, log: Log, freeSlot: () => void): Promise<void> {
    const { records, clock, settings, workerId } = this.effects;
    const maxAttempts = Math.min(settings.maxAttempts, job.maxAttempts ?? Infinity);
    const now = clock.now();
    const leaseUntil = now + settings.visibilityTimeoutSeconds * 1000;
    const { id: messageId, receiveCount, isRedriven } = message;
    const request = { job, messageId, receiveCount, isRedriven, worker: workerId, maxAttempts, now, leaseUntil };
    return this.obey(await records.claim(request), { job, message, maxAttempts, leaseUntil, log }, freeSlot);
  }

  private async obey(
    claim: Claim,
    claimed: Omit<HeldJob, "hold" | "release"> & { leaseUntil: number },
    freeSlot: () => void,
  ): Promise<void> {
    const { queue, clock } = this.effects;
    const { message, log } = claimed;
    switch (claim.outcome) {
      case "started":
        return this.runJob({ ...claimed, hold: claim.hold }, freeSlot);
      case "exhausted": {
        const { hold, error } = claim;
        const exhaustedLog = withFields(log, { attempt: hold.attempt });
        const held = { ...claimed, hold, log: exhaustedLog, release: () => Promise.resolve() };
        const reason = `No attempt is left after ${hold.attempt}: ${error.name}: ${error.message}`;
        return this.settler.failForGood(held, error, reason);
      }
      case "cancelled":
        await queue.remove(message);
        return log("info", "job-cancelled");
      case "duplicate":
        await queue.remove(message);
        return log("info", "message-dropped", { reason: claim.because });
      case "busy": {
        const seconds = Math.min(43_000, Math.max(1, Math.ceil((claim.until - clock.now()) / 1000)));
        await queue.hide(message, seconds);
        return log("info", "message-hidden", { seconds, reason: "its attempt still runs, or its lease hasn't ended" });
      }
    }
  }

  private async runJob(
    claimed: Omit<HeldJob, "release"> & { leaseUntil: number },
    freeSlot: () => void,
  ): Promise<void> {
    const { clock, settings } = this.effects;
    const { job, message, hold } = claimed;
    const begun = clock.now();
    const waitMs = Math.max(0, begun - Date.parse(job.submittedAt));
    let endedAt: number | undefined;
    const times = () => ({ attempt: hold.attempt, waitMs, runMs: (endedAt ?? clock.now()) - begun });
    const log: Log = (level, event, fields) => claimed.log(level, event, { ...times(), ...fields });
    const attempt = new Attempt({ ...this.effects, ...settings }, message, job, hold, log);
    const held: HeldJob = { ...claimed, log, release: () => attempt.release() };
    this.attempts.add(attempt);
    try {
      const end = (await this.isTooLate(claimed))
        ? ({ kind: "stopped", cause: "lease-lost" } as const)
        : await this.endOf(attempt, held);
      endedAt = clock.now();
      freeSlot();
      await this.settler.settle(held, end);
    } finally {
      this.attempts.delete(attempt);
      await attempt.release();
    }
  }

  /** Whether the claim's answer took so long that its lease has ended, and another worker has taken the job since. */
  private async isTooLate({ hold, leaseUntil }: { hold: Hold; leaseUntil: number }): Promise<boolean> {
    const { clock, records, settings } = this.effects;
    if (clock.now() < leaseUntil) return false;
    return (await records.extend(hold, clock.now() + settings.visibilityTimeoutSeconds * 1000)) === "lost";
  }

  private async endOf(attempt: Attempt, held: HeldJob): ReturnType<Attempt["run"]> {
    const { job, hold, log } = held;
    const { type } = this.effects.settings;
    if (job.type !== type) {
      const message = `Expected a job of type "${type}" in this queue, got "${job.type}"`;
      return { kind: "failed", isPermanent: true, error: { name: "WrongQueue", message } };
    }
    // The drain may have begun while the claim was under way.
    if (this.isDraining) return { kind: "stopped", cause: "drain" };
    if (this.effects.settings.acknowledge === "before") {
      await this.settler.acknowledge(held);
      attempt.forgetMessage();
    }
    log("info", "job-started", { worker: hold.worker });
    return attempt.run();
  }

  /** A message that can't be read is no job of anyone's: there is no record to write. */
  private async refuse(message: ReceivedMessage, reason: string): Promise<void> {
    const { queue, clock, random, settings, log } = this.effects;
    const about = { messageId: message.id, reason };
    const onRetry = (error: unknown) => log("warn", "settling-retried", { ...about, ...errorFields(error) });
    const options = { clock, random, signal: this.hurrying.signal, onRetry };
    const failedAt = new Date(clock.now()).toISOString();
    await insist(() => queue.deadLetter({ body: message.body, type: settings.type, reason, failedAt }), options);
    await insist(() => queue.remove(message), options);
    log("error", "message-refused", about);
  }
}
