import {
  bytesOf,
  type Checked,
  depthOf,
  describe,
  encodeJson,
  encodeWithinStack,
  type FieldProblem,
  holdsInfinity,
  isObject,
} from "../check";
import { definedFields } from "../definedFields";
import { inBatches } from "../inBatches";
import type { Labels } from "../labels";
import { idPattern, limits, tenantPattern, typePattern } from "../limits";
import type { LargeValue, PayloadRef } from "../records/largeValues";

/** The version this code writes, and the only one it reads. */
const envelopeVersion = 1;

/** A job on its way from the front end to a worker. */
export interface JobEnvelope {
  version: 1;
  /** `[A-Za-z0-9._-]{1,80}`, unique in the job table. */
  id: string;
  /** Name of the processor that runs it. */
  type: string;
  /** Any JSON value, at most {@link limits.maxPayloadBytes} bytes; undefined if it is in S3. */
  payload?: unknown;
  /** The payload in S3. Workers of earlier versions refuse the job, since it has no `payload`. */
  payloadRef?: PayloadRef;
  /** ISO 8601, UTC. */
  submittedAt: string;
  /** The customer that the job is for; jobs of one tenant don't crowd out another's. */
  tenant?: string;
  /** Earliest start, ISO 8601. */
  notBefore?: string;
  /** Fewer attempts than the processor gives, for this job alone. */
  maxAttempts?: number;
  /** The submitter's own words for the job, by name. */
  labels?: Labels;
  /**
   * W3C's trace context of the submitter, if it gave a valid one. A replay without one has the replayed job's, or
   * `job:` and that job's id, whose trace goes on.
   */
  traceparent?: string;
  /** Set if the message retries an ended job. */
  retry?: RetryMark;
}

/** Settings of a job that its message and its record hold: retries and replays take them from the record. */
export const jobSettings = ["tenant", "labels", "maxAttempts", "traceparent"] as const;
export type JobSettings = Pick<JobEnvelope, (typeof jobSettings)[number]>;

export function settingsOf(job: JobSettings): JobSettings {
  return definedFields(Object.fromEntries(jobSettings.map((name) => [name, job[name]])));
}

/** A retry from the kept payload: its message begins the job again while the job's last end is this one. */
export interface RetryMark {
  /** `finishedAt` of that end. */
  of: string;
  /** ISO 8601, UTC. */
  at: string;
  /** Principal of the caller. */
  by?: string;
  /** Digest of the caller's `Idempotency-Key`. */
  key?: string;
}

/** A job as a client submits it. */
export interface Submission {
  type: string;
  payload?: unknown;
  /** The payload, uploaded before, in place of `payload`. */
  payloadRef?: LargeValue;
  id?: string;
  tenant?: string;
  /** Seconds from now before which the job doesn't run. */
  delaySeconds?: number;
  /** Earliest start, ISO 8601 with its offset from UTC. */
  runAt?: string;
  /** At most 10: names `[a-z][a-z0-9-]{0,39}`, values of 1–100 visible characters. */
  labels?: Labels;
}

/** A submission that was checked. */
export interface CheckedSubmission extends Submission {
  /** UTF-8 bytes of the payload as JSON; 0 if it was uploaded before. */
  payloadBytes: number;
}

/** The envelope as text, for an SQS message body. */
export function encodeEnvelope(envelope: JobEnvelope): string {
  return encodeJson(envelope);
}

/** One SNS message: its text, a single envelope as an object or several as an array, and its jobs. */
export interface PackedEnvelopes {
  body: string;
  jobs: JobEnvelope[];
}

/** Packs envelopes, in order, into messages that fit SNS together with their attributes. */
export function packEnvelopes(envelopes: JobEnvelope[]): PackedEnvelopes[] {
  const most = { count: Infinity, bytes: limits.maxMessageBytes - limits.attributeBytes - 2 };
  const encoded = envelopes.map((job) => ({ job, text: encodeEnvelope(job) }));
  return inBatches(encoded, most, ({ text }) => bytesOf(text) + 1).map((batch) => {
    const texts = batch.map(({ text }) => text).join(",");
    return { body: batch.length === 1 ? texts : `[${texts}]`, jobs: batch.map(({ job }) => job) };
  });
}

/** Reads one envelope, of an SQS message. Unknown fields pass; an unknown version is refused. */
export function decodeEnvelope(text: string): Checked<JobEnvelope> {
  const parsed = parseJson(text);
  return parsed.ok ? checkEnvelope(parsed.value) : parsed;
}

/** Reads an SNS message and checks each of its jobs separately, so that a bad one doesn't affect the others. */
export function decodeMessage(text: string): Checked<{ source: unknown; job: Checked<JobEnvelope> }[]> {
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const sources: unknown[] = Array.isArray(parsed.value) ? (parsed.value as unknown[]) : [parsed.value];
  return { ok: true, value: sources.map((source) => ({ source, job: checkEnvelope(source) })) };
}

/**
 * Checks a client's submission, field by field, with a payload of at most `maxBytes`; `findJsonLosses` finds what
 * reading its text has lost.
 */
export function checkSubmission(value: unknown, maxBytes: number = limits.maxPayloadBytes): Checked<CheckedSubmission> {
  if (!isObject(value)) return refused("", "a job as an object with `type` and `payload`", value);
  const measured = measurePayload(value, maxBytes);
  const problems = [
    ...checkText(value, "type", typePattern, `a job type in kebab-case, 1–${limits.maxTypeCharacters} characters`),
    ...(measured.ok ? [] : measured.problems),
    ...(value.id === undefined ? [] : checkText(value, "id", idPattern, idExpectation)),
    ...(value.tenant === undefined ? [] : checkTenant(value)),
    ...checkLabels(value),
    ...checkDelay(value),
  ];
  if (!measured.ok || problems.length > 0) return { ok: false, problems };
  const payloadBytes = measured.value;
  const { type, payload, payloadRef, id, tenant, labels, delaySeconds, runAt } = value as unknown as Submission;
  const known = { type, payload, payloadBytes, payloadRef, id, tenant, labels, delaySeconds, runAt };
  return { ok: true, value: definedFields(known) };
}

/** Checks one parsed envelope. */
function checkEnvelope(value: unknown): Checked<JobEnvelope> {
  if (!isObject(value)) return refused("", "a job envelope as an object", value);
  if (value.version !== envelopeVersion) return refused("/version", `version ${envelopeVersion}`, value.version);
  const problems = [
    ...checkText(value, "id", idPattern, idExpectation),
    ...checkText(value, "type", typePattern, `a job type in kebab-case, 1–${limits.maxTypeCharacters} characters`),
    ...(value.payloadRef ? [] : (checkPayload(value) ?? checkRange(value))),
    ...checkTime(value, "submittedAt"),
    ...(value.notBefore === undefined ? [] : checkTime(value, "notBefore")),
    ...(value.tenant === undefined ? [] : checkTenant(value)),
    ...(value.maxAttempts === undefined ? [] : checkMaxAttempts(value.maxAttempts)),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: value as unknown as JobEnvelope };
}

const idExpectation = `letters, digits, ".", "_" and "-", 1–${limits.maxIdCharacters} characters`;

function parseJson(text: string): Checked<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, problems: [{ path: "", message: `Expected JSON: ${(error as Error).message}` }] };
  }
}

function expected(path: string, what: string, got: unknown): FieldProblem {
  return { path, message: `Expected ${what}, got ${describe(got)}` };
}

function refused(path: string, what: string, got: unknown): { ok: false; problems: FieldProblem[] } {
  return { ok: false, problems: [expected(path, what, got)] };
}

function checkText(value: Record<string, unknown>, field: string, pattern: RegExp, what: string): FieldProblem[] {
  const text = value[field];
  return typeof text === "string" && pattern.test(text) ? [] : [expected(`/${field}`, what, text)];
}

function checkTenant(value: Record<string, unknown>): FieldProblem[] {
  return checkText(value, "tenant", tenantPattern, `1–${limits.maxTenantCharacters} visible ASCII characters`);
}

const labelsPattern = /^\{("[a-z][a-z0-9-]{0,39}":"([^\p{C}\p{Z}"\\]|\\["\\]){1,100}",?){0,10}\}$/u;

/** Checks labels, as JSON. The worker checks those of messages: the router passes on what it doesn't read. */
export function checkLabels({ labels = {} }: { labels?: unknown }): FieldProblem[] {
  const what = "up to 10 labels, named [a-z][a-z0-9-]{0,39}, of 1–100 visible characters";
  return checkText({ labels: encodeWithinStack(labels) }, "labels", labelsPattern, what);
}

function checkTime(value: Record<string, unknown>, field: string): FieldProblem[] {
  return isTime(value[field]) ? [] : [expected(`/${field}`, "an ISO 8601 time", value[field])];
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

/** A date, a time of day and an offset: without the offset, readers in other time zones would read another time. */
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Checks a time of a request. It checks the day as well, since `Date` reads 30 February as 2 March. */
export function checkRequestTime(path: string, value: unknown): FieldProblem[] {
  const isDay = (text: string) => new Date(text.slice(0, 10)).getUTCDate() === +text.slice(8, 10);
  if (typeof value !== "string" || !timePattern.test(value) || !isTime(value) || !isDay(value)) {
    return [expected(path, "an ISO 8601 time with Z or its offset", value)];
  }
  // In UTC other years have a sign and six digits: such times are not in the order of their texts.
  const isInOrder = /^\d{4}-/.test(new Date(value).toISOString());
  return isInOrder ? [] : [expected(path, "a time of the years 0000 to 9999 in UTC", value)];
}

export function checkDelay({ delaySeconds, runAt }: Record<string, unknown>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const isDelay =
    typeof delaySeconds === "number" &&
    Number.isInteger(delaySeconds) &&
    delaySeconds >= 0 &&
    delaySeconds <= limits.maxDelaySeconds;
  if (delaySeconds !== undefined && !isDelay) {
    problems.push(expected("/delaySeconds", `a whole number from 0 to ${limits.maxDelaySeconds}`, delaySeconds));
  }
  if (runAt === undefined) return problems;
  if (delaySeconds !== undefined) problems.push({ path: "/runAt", message: "Expected only without delaySeconds" });
  return [...problems, ...checkRequestTime("/runAt", runAt)];
}

function checkMaxAttempts(value: unknown): FieldProblem[] {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= limits.maxAttempts
    ? []
    : [expected("/maxAttempts", `a whole number from 1 to ${limits.maxAttempts}`, value)];
}

/** Bytes of the payload as JSON, 0 if it was uploaded before. A message needs no such check: SNS bounds messages. */
function measurePayload(value: Record<string, unknown>, maxBytes: number): Checked<number> {
  const { payload, payloadRef } = value;
  if (payloadRef !== undefined) {
    return payload === undefined ? { ok: true, value: 0 } : refused("/payload", "none beside payloadRef", payload);
  }
  const problems = checkPayload(value);
  if (problems) return { ok: false, problems };
  const bytes = bytesOf(encodeJson(payload));
  if (bytes <= maxBytes) return { ok: true, value: bytes };
  const way = maxBytes > limits.maxPayloadBytes ? "; a larger one is uploaded: see POST /uploads" : "";
  const message = `Expected at most ${maxBytes} bytes of JSON, got ${bytes}${way}`;
  return { ok: false, problems: [{ path: "/payload", message, code: "payload-too-large" }] };
}

/** Problems of its shape; undefined if there are none. A payload in S3 is checked where it is read. */
function checkPayload({ payload }: Record<string, unknown>): FieldProblem[] | undefined {
  if (payload === undefined) return [expected("/payload", "any JSON value", undefined)];
  if (depthOf(payload, limits.maxPayloadDepth) <= limits.maxPayloadDepth) return undefined;
  return [{ path: "/payload", message: `Expected at most ${limits.maxPayloadDepth} levels of nesting, got more` }];
}

function checkRange({ payload }: Record<string, unknown>): FieldProblem[] {
  if (!holdsInfinity(payload)) return [];
  return [{ path: "/payload", message: "Expected numbers of double precision, got one past their range" }];
}
