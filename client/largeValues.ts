import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { bytesOf } from "../contract/check";
import type { Upload } from "../contract/http/answers";
import { limits } from "../contract/limits";
import type { LargeValue } from "../contract/records/largeValues";
import type { Connection } from "./connection/connection";
import type { SubmissionBody } from "./submissionBody";

type Identified = SubmissionBody & { id: string };

/** The submission, whose payload is uploaded first if it is too large for the request. */
export async function withUpload(connection: Connection, body: Identified, signal?: AbortSignal): Promise<Identified> {
  const { payload, ...job } = body;
  const text = JSON.stringify(payload);
  if (text === undefined || bytesOf(text) <= limits.maxPayloadBytes) return body;
  const value = { bytes: bytesOf(text), sha256: createHash("sha256").update(text).digest("hex") };
  return upload(connection, job, { value, read: () => text }, signal);
}

/** The submission, whose payload, a file, is uploaded first. The file is read twice, piece by piece. */
export async function withUploadedFile(
  connection: Connection,
  job: Omit<Identified, "payload">,
  file: string,
  signal?: AbortSignal,
): Promise<Identified> {
  const { size: bytes } = await stat(file);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) hash.update(chunk);
  const value = { bytes, sha256: hash.digest("hex") };
  return upload(connection, job, { value, read: () => createReadStream(file, { signal }) }, signal);
}

async function upload(
  connection: Connection,
  job: Omit<Identified, "payload">,
  { value, read }: { value: LargeValue; read: () => unknown },
  signal?: AbortSignal,
): Promise<Identified> {
  const { type, id, delaySeconds, runAt } = job;
  const body = { type, id, ...value, delaySeconds, runAt };
  const { url, headers } = (await connection.request({ method: "POST", path: "uploads", body, signal })) as Upload;
  const length = { "content-length": String(value.bytes) };
  await connection.transfer(url, { method: "PUT", headers: { ...headers, ...length }, read, signal });
  return { ...job, payloadRef: value };
}
