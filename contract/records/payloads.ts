import { encodeJson, jsonOf } from "../check";
import type { PayloadRef } from "./largeValues";
import type { JobRecord } from "./record";

/** Seconds that a payload is kept after the job's submission or start time: as long as a queue, and then a record. */
export const payloadRetentionSeconds = 28 * 24 * 3_600;

/** Range keys of a job's items in the table of users' data, whose hash key is the type. */
export const payloadItem = (id: string) => `${id}#payload`;
export const checkpointItem = (id: string) => `${id}#checkpoint`;

/** Expiry, in epoch seconds, of the payload of a job that may begin at that time, in epoch milliseconds. */
export function payloadExpiry(from: number): number {
  return Math.floor(from / 1_000) + payloadRetentionSeconds;
}

/** A job's payload, or where it is in S3. */
export interface Payload {
  payload?: unknown;
  payloadRef?: PayloadRef;
}

/** A job's kept payload as a DynamoDB item. */
export function encodePayload(job: Pick<JobRecord, "id" | "type" | "submittedAt" | "notBefore"> & Payload) {
  const { id, type, payload, payloadRef, submittedAt, notBefore = submittedAt } = job;
  const from = Math.max(Date.parse(submittedAt), Date.parse(notBefore));
  const content: Record<string, { S: string }> = payloadRef
    ? { payloadRef: { S: encodeJson(payloadRef) } }
    : { json: { S: encodeJson(payload) } };
  const expiresAt = { N: String(payloadExpiry(from)) };
  return { ...content, type: { S: type }, item: { S: payloadItem(id) }, expiresAt };
}

/** The payload of such an item; undefined without one. */
export function decodePayload(item: Record<string, { S?: string }> = {}): Payload | undefined {
  if (item.payloadRef?.S !== undefined) return { payloadRef: jsonOf(item.payloadRef.S) as PayloadRef };
  return item.json?.S === undefined ? undefined : { payload: jsonOf(item.json.S) };
}
