import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { bytesOf } from "../../contract/check";
import { limits } from "../../contract/limits";
import type { LargeValue } from "../../contract/records/largeValues";
import { readUpload } from "../answers";
import type { Connection } from "../connection/connection";
import type { Pieces } from "../connection/inactivity";
import { JobProblemError } from "../errors";
import type { Job } from "../job";
import { gatewayCodes } from "../problemCode";
import type { SubmissionBody } from "./submissionBody";

type Identified = SubmissionBody & { id: string };

/** The submission, whose payload is uploaded first if it is too large for the request. */
export async function withUpload(connection: Connection, body: Identified, signal?: AbortSignal): Promise<Identified> {
  const { payload, ...job } = body;
  const text = JSON.stringify(payload);
  if (text === undefined || bytesOf(text) <= limits.maxPayloadBytes) return body;
  const value = { bytes: bytesOf(text), sha256: createHash("sha256").update(text).digest("hex") };
  return upload(connection, job, { value, read: () => piecesOf(Buffer.from(text)) }, signal);
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

/**
 * The job with its result, which is fetched if it is in S3.
 *
 * @throws JobProblemError if it isn't what the API says.
 */
export async function withResult(connection: Connection, job: Job, signal?: AbortSignal): Promise<Job> {
  const { id, resultRef } = job;
  if (!resultRef) return job;
  const content = await connection.transfer(resultRef.url, { method: "GET", signal });
  const sha256 = createHash("sha256").update(content).digest("hex");
  const unexpected = (detail: string) => new JobProblemError({ code: gatewayCodes.unexpected, status: 200, detail });
  if (content.length !== resultRef.bytes || sha256 !== resultRef.sha256) {
    const wanted = `${resultRef.bytes} bytes with the SHA-256 ${resultRef.sha256}`;
    throw unexpected(`Expected the result of job ${id} to have ${wanted}, got ${content.length} with ${sha256}`);
  }
  try {
    const value = JSON.parse(content.toString()) as unknown;
    return Object.defineProperty(job, "result", { value, enumerable: true, configurable: true, writable: true });
  } catch (error) {
    throw unexpected(`Expected JSON as the result of job ${id}: ${(error as Error).message}`);
  }
}

async function upload(
  connection: Connection,
  job: Omit<Identified, "payload">,
  { value, read }: { value: LargeValue; read: () => Pieces },
  signal?: AbortSignal,
): Promise<Identified> {
  const { type, id, delaySeconds, runAt } = job;
  const body = { type, id, ...value, delaySeconds, runAt };
  const { url, headers } = await connection.request({ method: "POST", path: "uploads", body, signal }, readUpload);
  const length = { "content-length": String(value.bytes) };
  await connection.transfer(url, { method: "PUT", headers: { ...headers, ...length }, read, signal });
  return { ...job, payloadRef: value };
}

/** Pieces of an upload: one that moves on shows by each. */
const pieceBytes = 65_536;

function* piecesOf(bytes: Buffer): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
