import { encodeWithinStack, type FieldProblem } from "../check";
import { limits } from "../limits";

/** Size and digest of a payload or a result that is an object of the component's bucket. */
export interface LargeValue {
  /** Bytes of its JSON. */
  bytes: number;
  /** SHA-256 of its JSON, in hexadecimal. */
  sha256: string;
}

/** A payload in the bucket. */
export interface PayloadRef extends LargeValue {
  /** Its lifetime, one of {@link lifetimes}. */
  days: number;
}

/** A result in the bucket. */
export interface ResultRef extends LargeValue {
  /** Number of the claim whose attempt gave it. */
  claim: number;
}

/** Lifetimes of objects, in days: each is a folder, `d42`, with a lifecycle rule. */
export const lifetimes = [42, 90, 410] as const;

/** A job may wait in its queue for 14 days, is known for 14 days after its end, and may wait as long after a retry. */
const neededDays = 42;

/** The lifetimes that keep a payload for long enough, the shortest first. */
export function lifetimesFor(notBefore: string | undefined, now: number): number[] {
  const seconds = notBefore === undefined ? 0 : (Date.parse(notBefore) - now) / 1_000;
  // S3 rounds up to the next midnight (UTC); a queue's own delay is less.
  const ahead = seconds <= limits.maxQueueDelaySeconds ? 0 : seconds / 86_400;
  return lifetimes.filter((days) => days >= ahead + neededDays);
}

interface OfJob {
  type: string;
  id: string;
}

/** Folder of a type's payloads of a lifetime. */
export const payloadsOf = (type: string, days: number) => `d${days}/payloads/${type}/`;

/** Folder of a job's payloads of a lifetime. */
export const payloadFolder = ({ type, id }: OfJob, days: number) => `${payloadsOf(type, days)}${id}/`;

/** Key of a payload: the same for each try to submit the job, and never another payload's. */
export const payloadKey = (job: OfJob, { days, sha256 }: Omit<PayloadRef, "bytes">) =>
  payloadFolder(job, days) + sha256;

/** Folder of a type's results. They need the shortest lifetime: a record is kept for 14 days from its job's end. */
export const resultsOf = (type: string) => `d${lifetimes[0]}/results/${type}/`;

/** Folder of a job's results. */
export const resultFolder = ({ type, id }: OfJob) => `${resultsOf(type)}${id}/`;

/** Key of a result: an attempt that lost its job can't overwrite that of the next one. */
export const resultKey = (job: OfJob, claim: number) => resultFolder(job) + claim;

/** A digest as S3 has it in `x-amz-checksum-sha256`. */
export const checksumOf = (sha256: string) => Buffer.from(sha256, "hex").toString("base64");

const refPattern = /^\{"bytes":[1-9]\d{0,9},"sha256":"[0-9a-f]{64}"\}$/;
const placedPattern = /^\{"bytes":\d+,"sha256":"[0-9a-f]{64}","days":\d+[,}]/;

/** Checks the reference of a submission, or of a message, which has the lifetime: `isPlaced`. */
export function checkRef(ref: unknown, isPlaced = false): FieldProblem[] {
  const { bytes, sha256, days, ...rest } = Object(ref) as Record<string, unknown>;
  const text = encodeWithinStack({ bytes, sha256, days, ...rest }) ?? "";
  if ((isPlaced ? placedPattern : refPattern).test(text)) return [];
  return [{ path: "/payloadRef", message: "Expected bytes, and the sha256 in hexadecimal, got something else" }];
}
