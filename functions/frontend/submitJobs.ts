import { bytesOf } from "../../contract/check";
import { definedFields } from "../../contract/definedFields";
import { type ProblemDocument, problemOf } from "../../contract/http/problem";
import { limits } from "../../contract/limits";
import { errorFields } from "../../contract/log";
import {
  type CheckedSubmission,
  type JobEnvelope,
  type JobSettings,
  settingsOf,
} from "../../contract/messages/envelope";
import { publishInput } from "../../contract/messages/scheduledMessage";
import type { LargeValue, PayloadRef } from "../../contract/records/largeValues";
import { listKeyOf } from "../../contract/records/listKey";
import type { JobRecord, JobState } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import type { RunWithin } from "../../contract/schema/schemaCheck";
import type { ActOnLargeValues, Source } from "../shared/largeValueActs";
import { mapLimited } from "../shared/mapLimited";
import type { JobTypes } from "../shared/tables/jobTypes";
import type { JobRecords } from "./effects";
import { createCheckPayload } from "./payloadValidator";
import { createPublishJobs, type PublishJobsEffects } from "./publishJobs";
import { digestOf, keyPrefix, largeValueOf } from "./requests/digest";
import { isTooFarForQueues, notBeforeOf } from "./requests/notBefore";

export interface SubmitJobsEffects extends PublishJobsEffects {
  /** Undefined if jobs are not tracked: every submission is then a new job. */
  records: JobRecords | undefined;
  actOnLarge: ActOnLargeValues;
  /** With the topic that it publishes to. */
  later: PublishJobsEffects["later"] & { topicArn: string };
  jobTypes: Pick<JobTypes, "find">;
  /** Bounds the time of a payload's check. */
  runWithin: RunWithin;
}

/** A job to be submitted, with its final id. */
export interface IdentifiedSubmission extends CheckedSubmission {
  id: string;
  /** Digest of the submitting caller. */
  submitter: string;
  /** Principal of the submitting caller. */
  submittedBy?: string | undefined;
  /** Id of the job that it replays. */
  replayOf?: string;
  /** The same job, with its kept payload. */
  source?: Source;
  /** Lifetime of the payload in S3. */
  days?: number;
  /** Fewer attempts than the type gives, as of the job that it replays. */
  maxAttempts?: number | undefined;
  traceparent?: string | undefined;
  /** Set if an `Idempotency-Key` gave the id: the key's id in earlier versions. */
  unscopedId?: string;
}

/** Outcome of a submission. */
export type SubmitOutcome = { id: string; type: string; state: JobState } | { id?: string; problem: ProblemDocument };

type Recorded = { submission: IdentifiedSubmission; record: JobRecord } | { problem: ProblemDocument };

/**
 * End of the period in which unscoped ids of `Idempotency-Key`s are found, as they were before callers and types were
 * told apart. By then every deployment of that time should be past its records' 14 days; the search costs a read for
 * each job with a key.
 */
const unscopedUntil = Date.parse("2027-01-15T00:00:00Z");

/** Time for checking the payloads of one request; the rest of the run records and publishes those that fit. */
const maxCheckMilliseconds = 8_000;

/** As many connections as the AWS SDK opens. */
const recordsAtOnce = 50;

/**
 * Submits jobs: records each under its id, then publishes those that wait, and returns the outcomes in order. A
 * record stays when its publication fails; submitting the same job under the same id publishes it again.
 */
export function createSubmitJobs(
  effects: SubmitJobsEffects,
): (submissions: IdentifiedSubmission[]) => Promise<SubmitOutcome[]> {
  const { records, actOnLarge, jobTypes, runWithin, now, log } = effects;
  const checkPayload = createCheckPayload(runWithin);
  const publishJobs = createPublishJobs(effects);

  async function record(given: IdentifiedSubmission, checks: { milliseconds: number }): Promise<Recorded> {
    const { id, type, payloadBytes } = given;
    try {
      const problem = await typeOrPayloadProblem(given, checks);
      if (problem) return { problem };
      let submission = payloadBytes > limits.maxPayloadBytes ? byReference(given) : given;
      const digest = digestOf(submission);
      const time = now();
      const start = notBeforeOf(submission, time);
      if (!start.ok) return { problem: problemOf("invalid-request", start.problems[0]!.message, start.problems) };
      const notBefore = start.value;
      // The digest stays that of the payload: nearer to its start the same job may fit into a message.
      const isOverfull =
        records && submission.payloadRef === undefined && scheduleProblem(effects, submission, notBefore);
      if (isOverfull) submission = byReference(submission);
      if (submission.payloadRef !== undefined) {
        const found = await placeInS3(given, submission.payloadRef, notBefore);
        if ("code" in found) return { problem: found };
        submission = { ...submission, days: found.days };
      }
      const tooLarge = scheduleProblem(effects, submission, notBefore);
      if (tooLarge) return { problem: tooLarge };
      const earlier = await findUnscoped(submission, digest, time);
      if (earlier) return { submission: { ...submission, id: earlier.id }, record: earlier };
      const squatted = await keyIdProblem(submission);
      if (squatted) return { problem: squatted };
      const fresh = newRecord(submission, digest, time, notBefore);
      const present = (await records?.create(fresh)) ?? fresh;
      // A job whose message was given up as lost has failed, even if its record doesn't say so yet.
      if (present.digest === digest) return { submission, record: recordAsRead(present, time) };
      const expected =
        "Expected the job that was submitted under this id before, of the same type, payload, tenant, labels and time";
      return { problem: problemOf("conflict", `${expected}, got another as ${id}`) };
    } catch (error) {
      log("error", "job-not-recorded", { jobId: id, jobType: type, ...errorFields(error) });
      return { problem: problemOf("unavailable", `Job ${id} could not be recorded; submit it again`) };
    }
  }

  /** Adds the time of the check to that of the payloads before it. */
  async function typeOrPayloadProblem(
    { id, type, payload, payloadRef, payloadBytes }: IdentifiedSubmission,
    checks: { milliseconds: number },
  ): Promise<ProblemDocument | undefined> {
    const jobType = await jobTypes.find(type);
    if (!jobType) {
      const message = `Expected a job type that GET /types lists, got ${JSON.stringify(type)}`;
      return problemOf("unknown-type", message, [{ path: "/type", message }]);
    }
    if (checks.milliseconds > maxCheckMilliseconds) {
      const detail = `Job ${id} was not looked at: the payloads before it took too long to check; submit it again`;
      return problemOf("unavailable", detail);
    }
    const start = now();
    const isLarge = payloadBytes > limits.maxPayloadBytes;
    const wrong = payloadRef === undefined ? checkPayload(jobType, payload, isLarge) : [];
    checks.milliseconds += now() - start;
    if (wrong.length === 0) return undefined;
    const list = wrong.map(({ path, message }) => `${path}: ${message}`).join("; ");
    return problemOf("invalid-payload", `A job of type ${type} takes another payload: ${list}`, wrong);
  }

  /** Stores the payload, or finds it where a client has uploaded it. */
  function placeInS3(
    { id, type, payload, payloadRef: uploaded, source }: IdentifiedSubmission,
    payloadRef: LargeValue,
    notBefore: string | undefined,
  ): Promise<PayloadRef | ProblemDocument> {
    const value = { type, id, payloadRef, notBefore };
    return uploaded === undefined
      ? actOnLarge("store", { ...value, payload })
      : actOnLarge("find", { ...value, source });
  }

  /** Finds the same job under an earlier version's id: a client may be trying again across the deployment. */
  async function findUnscoped({ unscopedId }: IdentifiedSubmission, digest: string, time: number) {
    if (!records || unscopedId === undefined || time >= unscopedUntil) return undefined;
    const record = await records.read(unscopedId);
    const isSame = record?.digest === digest && record.submitter === undefined;
    const oldest = time - limits.recordRetentionSeconds * 1_000;
    return isSame && Date.parse(record.submittedAt) >= oldest ? record : undefined;
  }

  /** The problem of another caller's key id: only the submitter of such a job may submit it again. */
  async function keyIdProblem({
    id,
    unscopedId,
    submitter,
  }: IdentifiedSubmission): Promise<ProblemDocument | undefined> {
    if (!records || unscopedId !== undefined || !id.startsWith(keyPrefix)) return undefined;
    const present = await records.read(id);
    if (present && (present.submitter === undefined || present.submitter === submitter)) return undefined;
    const message = `Expected an id that doesn't begin with ${keyPrefix}, as ids of Idempotency-Keys do, got ${id}`;
    return problemOf("invalid-request", `/id: ${message}`, [{ path: "/id", message }]);
  }

  return async function submitJobs(submissions) {
    const checks = { milliseconds: 0 };
    const recorded = await inTurnById(submissions, (submission) => record(submission, checks));
    const failed = await publishJobs(envelopesToPublish(recorded));
    return recorded.map((outcome, index): SubmitOutcome => {
      if ("problem" in outcome) return { id: submissions[index]!.id, problem: outcome.problem };
      const { id, type } = outcome.submission;
      if (!failed.has(id)) return { id, type, state: outcome.record.state };
      const detail = `Job ${id} was recorded but not published; submit it again with this id`;
      return { id, problem: problemOf("unavailable", detail) };
    });
  };
}

/** Maps submissions concurrently, except those under one id, which go one after the other as if each had come alone. */
async function inTurnById<Out>(
  submissions: IdentifiedSubmission[],
  map: (submission: IdentifiedSubmission) => Promise<Out>,
): Promise<Out[]> {
  const indicesById = new Map<string, number[]>();
  submissions.forEach(({ id }, index) => indicesById.set(id, [...(indicesById.get(id) ?? []), index]));
  const results: Out[] = [];
  await mapLimited([...indicesById.values()], recordsAtOnce, async (indices) => {
    for (const index of indices) results[index] = await map(submissions[index]!);
  });
  return results;
}

/** The record of a job that is submitted for the first time. */
function newRecord(
  submission: IdentifiedSubmission,
  digest: string,
  time: number,
  notBefore: string | undefined,
): JobRecord {
  const { id, type, unscopedId, submitter, submittedBy, replayOf } = submission;
  const keys = { id, type, state: "queued", attempts: 0, listKey: listKeyOf(type, id) } as const;
  const keyOwner = unscopedId === undefined ? undefined : submitter;
  const origin = { ...settingsOf(submission), submitter: keyOwner, submittedBy, replayOf };
  return { ...keys, digest, ...origin, submittedAt: new Date(time).toISOString(), notBefore };
}

/** The submission with its payload in S3. */
function byReference(submission: IdentifiedSubmission): IdentifiedSubmission {
  return { ...submission, payload: undefined, payloadRef: largeValueOf(submission.payload) };
}

/**
 * One envelope for each waiting job: a new one, or one whose message may be lost. Claims make a second message
 * harmless.
 */
function envelopesToPublish(recorded: Recorded[]): JobEnvelope[] {
  const envelopes = new Map<string, JobEnvelope>();
  for (const outcome of recorded) {
    if ("problem" in outcome || outcome.record.state !== "queued") continue;
    envelopes.set(outcome.submission.id, envelopeOf(outcome.submission, outcome.record));
  }
  return [...envelopes.values()];
}

/** The submission's message, with what its record has since it was first submitted. */
function envelopeOf(
  { id, type, payload, payloadRef, days }: IdentifiedSubmission,
  { submittedAt, notBefore, ...settings }: Pick<JobRecord, keyof JobSettings | "submittedAt" | "notBefore">,
): JobEnvelope {
  const content = payloadRef ? { payloadRef: { ...payloadRef, days: days! } } : { payload };
  return definedFields({ version: 1, id, type, ...content, submittedAt, ...settingsOf(settings), notBefore });
}

/** A schedule holds less than a message: all of it is JSON within JSON. */
function scheduleProblem(
  { now, later }: SubmitJobsEffects,
  submission: IdentifiedSubmission,
  notBefore: string | undefined,
): ProblemDocument | undefined {
  if (!isTooFarForQueues(notBefore, now())) return undefined;
  const envelope = envelopeOf(submission, { ...submission, submittedAt: notBefore!, notBefore });
  const bytes = bytesOf(publishInput(later.topicArn, envelope));
  if (bytes <= limits.maxScheduleInputBytes) return undefined;
  const most = limits.maxScheduleInputBytes;
  const detail = `Expected at most ${most} bytes with quotes escaped in a job so far ahead, got ${bytes}`;
  return problemOf("payload-too-large", detail, [{ path: "/payload", message: detail }]);
}
