import { encodeJson } from "../check";
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

/** A job's kept payload as a DynamoDB item. */
export function encodePayload(
  job: Pick<JobRecord, "id" | "type" | "submittedAt" | "notBefore"> & { payload: unknown },
) {
  const { id, type, payload, submittedAt, notBefore = submittedAt } = job;
  const from = Math.max(Date.parse(submittedAt), Date.parse(notBefore));
  return {
    ...{ type: { S: type }, item: { S: payloadItem(id) } },
    ...{ json: { S: encodeJson(payload) }, expiresAt: { N: String(payloadExpiry(from)) } },
  };
}
