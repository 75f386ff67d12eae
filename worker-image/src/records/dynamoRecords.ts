import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { limits } from "../../../contract/limits";
import { ifConditionHolds } from "../../../contract/records/expressions";
import { endedAs } from "../../../contract/records/listKey";
import {
  decodeRecord,
  isFinal,
  type JobError,
  type JobRecord,
  type JobState,
  type LoggedAttempt,
} from "../../../contract/records/record";
import { cutError } from "../support/errors";
import { type UsageRate } from "../usage/usageOf";
import { logAttempt } from "./attemptLog";
import { type ClaimDecision, decideClaim, maxLossesAlone } from "./claimDecision";
import { startAnyway, startAs, suspicion, taken, withLost } from "./claimUpdates";
import { type Claim, type ClaimRequest, type Hold, type HoldState, type JobRecords, type LastWords } from "./records";
import { expressUpdate, type RecordFields, type RecordUpdate, unchangedSince } from "./recordUpdate";

/** Tries of a claim that loses against another writer. */
const maxClaimTries = 8;

/** Time that the right to run a type's suspects stays on record after its end. */
const suspectsKeptSeconds = 86_400;

const heldBy = "#state = :running AND #worker = :worker AND #attempts = :attempt";

/** Job records in DynamoDB: every write is one conditional UpdateItem. */
export class DynamoRecords implements JobRecords {
  /** The records as of their claims, by the attempts that began. */
  private readonly started = new WeakMap<Hold, JobRecord>();

  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    /** Epoch milliseconds. */
    private readonly now: () => number = Date.now,
    /** Of this worker's instance; those of a lost worker's are taken to be alike. */
    private readonly rate: UsageRate = { slots: 1 },
  ) {}

  async claim(request: ClaimRequest): Promise<Claim> {
    const started = await this.update(request.job.id, startAnyway(request));
    if (started) return this.begin(request, started);
    let hasTriedToExhaust = false;
    for (let tries = 0; tries < maxClaimTries; tries++) {
      const record = await this.read(request.job.id);
      const decision = decideClaim(record, request);
      const claim = await this.carryOut(decision, record, request, hasTriedToExhaust);
      if (claim) return claim;
      hasTriedToExhaust = decision.action === "exhaust";
    }
    throw new Error(`Job ${request.job.id} could not be claimed: its record changed ${maxClaimTries} times meanwhile`);
  }

  extend(hold: Hold, leaseUntil: number): Promise<HoldState> {
    return this.writeHeld(hold, { leaseUntil });
  }

  reportProgress(hold: Hold, progress: { fraction: number; note?: string }): Promise<HoldState> {
    return this.writeHeld(hold, { progress });
  }

  succeed(hold: Hold, result: unknown, now: number, last?: LastWords): Promise<HoldState> {
    return this.end(hold, "succeeded", { ...final(now), result, ...last }, ["leaseUntil", "error"]);
  }

  fail(hold: Hold, error: JobError, now: number, last?: LastWords): Promise<HoldState> {
    return this.end(
      hold,
      "failed",
      { ...unsuccessful("failed", now), ...this.logged(hold, "failed", error), ...last },
      ["leaseUntil"],
    );
  }

  cancel(hold: Hold, now: number, last?: LastWords): Promise<HoldState> {
    return this.end(hold, "cancelled", { ...unsuccessful("cancelled", now), ...last }, ["leaseUntil"]);
  }

  retry(hold: Hold, error: JobError, retryAt?: number, isSuspect = false): Promise<HoldState> {
    const next = retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() };
    const fields = { ...this.logged(hold, "failed", error), ...next, ...(isSuspect && { suspect: true }) };
    return this.end(hold, "queued", fields, ["leaseUntil", "progress", ...(isSuspect ? [] : suspicion)]);
  }

  /** An item beside the records: no job's id contains a "#", and no list shows an item without `listKey`. */
  async holdSuspects({ job, worker, now, leaseUntil }: Parameters<JobRecords["holdSuspects"]>[0]): Promise<boolean> {
    const held = await this.update(suspectsOf(job.type), {
      set: { worker, leaseUntil, expiresAt: Math.ceil(leaseUntil / 1_000) + suspectsKeptSeconds },
      condition: "attribute_not_exists(#id) OR #leaseUntil <= :now OR #worker = :worker",
      values: { now: { field: "leaseUntil", value: now }, worker: { field: "worker", value: worker } },
    });
    return held !== undefined;
  }

  async freeSuspects({ job, worker }: Parameters<JobRecords["freeSuspects"]>[0]): Promise<void> {
    const values = { worker: { field: "worker" as const, value: worker } };
    await this.update(suspectsOf(job.type), { set: { leaseUntil: 0 }, condition: "#worker = :worker", values });
  }

  giveBack(hold: Hold, reason?: string): Promise<HoldState> {
    const why = reason === undefined ? undefined : { name: "GivenBack", message: reason };
    const { attemptLog } = this.logged(hold, "given-back", why);
    return this.end(hold, "queued", { attempts: hold.attempt - 1, attemptLog }, ["leaseUntil", "progress"]);
  }

  private begin(request: ClaimRequest, record: JobRecord): Claim {
    const hold = holdOf(request, record);
    this.started.set(hold, record);
    return { outcome: "started", hold, record, ...(record.digest === undefined && { isUnsubmitted: true }) };
  }

  /** The error, and the log with the attempt that ends now. */
  private logged(hold: Hold, outcome: LoggedAttempt["outcome"], error?: JobError): RecordFields {
    const { startedAt, attemptLog } = this.started.get(hold) ?? {};
    const cut = error && { error: cutError(error) };
    if (startedAt === undefined) return { ...cut };
    const { attempt, worker } = hold;
    const endedAt = new Date(this.now()).toISOString();
    return { ...cut, attemptLog: logAttempt(attemptLog, { attempt, worker, startedAt, endedAt, outcome, ...cut }) };
  }

  /** Undefined: the record changed since it was read. */
  private async carryOut(
    decision: ClaimDecision,
    record: JobRecord | undefined,
    request: ClaimRequest,
    hasTriedToExhaust: boolean,
  ): Promise<Claim | undefined> {
    switch (decision.action) {
      case "drop":
        return {
          outcome: "duplicate",
          because: decision.because,
          ...(record && isFinal(record.state) && { ended: record }),
        };
      case "refuse":
        return { outcome: "refused", reason: decision.reason };
      case "wait":
        return { outcome: "busy", until: decision.until };
      case "already-started":
        if (hasTriedToExhaust) return exhausted(request, record!);
        return this.begin(request, record!);
      case "start": {
        const started = await this.update(request.job.id, startAs(decision, record, request));
        return started && this.begin(request, started);
      }
      case "suspect":
        return this.defer(decision, record, request);
      case "cancel":
        return this.cancelUnheld(record, request);
      case "exhaust":
        return this.exhaust(decision.error, record, request);
    }
  }

  /** Puts a suspect back, to run alone. */
  private async defer(
    { attempts, lossesAlone, deferrals }: Extract<ClaimDecision, { action: "suspect" }>,
    record: JobRecord | undefined,
    request: ClaimRequest,
  ): Promise<Claim | undefined> {
    const found = { suspect: true, attempts, lossesAlone, deferrals, ...withLost(record, request, this.rate) };
    const set = { state: "queued" as const, ...found };
    const remove: (keyof JobRecord)[] = ["leaseUntil", "progress"];
    const written = await this.update(request.job.id, { set, remove, ...unchangedSince(record) });
    return written && { outcome: "suspect", deferrals };
  }

  /** Ends a job that no worker holds any more, and that is to be cancelled. */
  private async cancelUnheld(record: JobRecord | undefined, request: ClaimRequest): Promise<Claim | undefined> {
    const lost = withLost(record, request, this.rate);
    const set = { state: "cancelled" as const, ...unsuccessful("cancelled", request.now), ...lost };
    const written = await this.update(request.job.id, { set, remove: ["leaseUntil"], ...unchangedSince(record) });
    return written && { outcome: "cancelled", record: written };
  }

  /**
   * Claims a job without attempts left, so that no two workers dead-letter it; the error is kept for a claim whose
   * answer is lost.
   */
  private async exhaust(
    error: JobError,
    record: JobRecord | undefined,
    request: ClaimRequest,
  ): Promise<Claim | undefined> {
    const lost = withLost(record, request, this.rate);
    const found = { error: cutError(error), lossesAlone: maxLossesAlone, ...lost };
    const set = { ...taken(request), ...found };
    const written = await this.update(request.job.id, { set, ...unchangedSince(record) });
    return written && exhausted(request, written);
  }

  private async writeHeld(hold: Hold, fields: RecordFields): Promise<HoldState> {
    const set = { ...fields, checkpointAt: hold.checkpointAt };
    const written = await this.update(hold.jobId, { set, condition: heldBy, values: heldValues(hold) });
    return written ? stateOf(written) : "lost";
  }

  /**
   * Leaves the running state. A repeated write that finds its own trace has succeeded before, and only its answer was
   * lost.
   */
  private async end(
    hold: Hold,
    state: JobState,
    fields: RecordFields,
    remove: (keyof JobRecord)[],
  ): Promise<HoldState> {
    const set = { state, ...fields, checkpointAt: hold.checkpointAt, usage: hold.usage };
    const written = await this.update(hold.jobId, { set, remove, condition: heldBy, values: heldValues(hold) });
    if (written) return stateOf(written);
    const found = await this.read(hold.jobId);
    const attempts = fields.attempts ?? hold.attempt;
    const isOurs = found?.state === state && found.worker === hold.worker && found.attempts === attempts;
    return isOurs ? stateOf(found) : "lost";
  }

  private async read(id: string): Promise<JobRecord | undefined> {
    const command = new GetItemCommand({ TableName: this.table, Key: { id: { S: id } }, ConsistentRead: true });
    const { Item: item } = await this.client.send(command);
    return item && decodeRecord(item);
  }

  /** The record after the update; undefined if the condition failed. */
  private async update(id: string, update: RecordUpdate): Promise<JobRecord | undefined> {
    const target = { TableName: this.table, Key: { id: { S: id } }, ReturnValues: "ALL_NEW" } as const;
    const command = new UpdateItemCommand({ ...target, ...expressUpdate(update) });
    const answer = await ifConditionHolds(this.client.send(command));
    return answer && decodeRecord(answer.Attributes ?? {});
  }
}

function holdOf(request: ClaimRequest, { attempts, claims = 0, checkpointAt, usage }: JobRecord): Hold {
  const hold = { jobId: request.job.id, worker: request.worker, attempt: attempts, claim: claims };
  return { ...hold, ...(checkpointAt !== undefined && { checkpointAt }), ...(usage && { usage }) };
}

function exhausted(request: ClaimRequest, record: JobRecord): Claim {
  const { attempts, error } = record;
  const fallback = { name: "NoAttemptsLeft", message: `All ${attempts} attempts were used` };
  return { outcome: "exhausted", hold: holdOf(request, record), error: error ?? fallback };
}

function stateOf(record: JobRecord): HoldState {
  return record.cancelRequestedAt !== undefined && !isFinal(record.state) ? "cancel-requested" : "held";
}

function final(now: number): RecordFields {
  return {
    finishedAt: new Date(now).toISOString(),
    expiresAt: Math.floor(now / 1_000) + limits.recordRetentionSeconds,
  };
}

function unsuccessful(state: "failed" | "cancelled", now: number): RecordFields {
  return { ...final(now), endedAs: endedAs(state, new Date(now).toISOString()) };
}

function heldValues(hold: Hold): RecordUpdate["values"] {
  return {
    running: { field: "state", value: "running" },
    worker: { field: "worker", value: hold.worker },
    attempt: { field: "attempts", value: hold.attempt },
  };
}

function suspectsOf(type: string): string {
  return `#suspects#${type}`;
}
