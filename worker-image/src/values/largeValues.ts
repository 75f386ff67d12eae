import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type FieldProblem } from "../../../contract/check";
import { type Log } from "../../../contract/log";
import { errorFields } from "../../../contract/log";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { checksumOf, payloadKey, resultKey, type ResultRef } from "../../../contract/records/largeValues";
import { type ResultFile } from "../handlers/largeResult";
import { type RunOutcome } from "../handlers/runner";
import { type Hold } from "../records/records";
import { retry } from "../services/retry";
import { isOutage } from "../services/serviceError";
import { type Clock } from "../support/clock";
import { toJobError } from "../support/errors";

/** Payloads and results in S3, which go to files and come from files: the worker's memory holds none. */
export interface LargeValues {
  /** Fetches a job's payload into a file, and checks it. Resolves to an end if the job can't begin. */
  fetch(job: JobEnvelope, file: string, signal: AbortSignal): Promise<RunOutcome | undefined>;
  /** A new name for a folder of results. */
  newFolder(): string;
  /** Stores the result of a claim, under a key that no other claim has. */
  store(job: JobEnvelope, hold: Hold, result: ResultFile): Promise<ResultRef>;
}

export interface LargeValuesOptions {
  bucket: string;
  type: string;
  /** Finds what is wrong with a payload. @default - nothing is looked for: payloads are files of any kind */
  check?: ((file: string, signal: AbortSignal) => Promise<FieldProblem[]>) | undefined;
  newFolder: () => string;
  clock: Clock;
  random: () => number;
  log: Log;
}

export class S3LargeValues implements LargeValues {
  constructor(
    private readonly options: LargeValuesOptions,
    private readonly client = createClient(),
  ) {}

  async fetch(job: JobEnvelope, file: string, signal: AbortSignal): Promise<RunOutcome | undefined> {
    try {
      await this.retry(() => this.download(job, file, signal), signal);
      const problems = (await this.options.check?.(file, signal)) ?? [];
      if (problems.length === 0) return undefined;
      const texts = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
      const message = `A job of type ${job.type} takes another payload: ${texts}`;
      return { kind: "failed", error: { name: "InvalidPayload", message }, isPermanent: true };
    } catch (error) {
      if (signal.aborted) return { kind: "stopped" };
      const { name, message, code } = toJobError(error);
      const reason = `Its payload s3://${this.options.bucket}/${keyOf(job)} could not be read: ${name}: ${message}`;
      // S3 answers AccessDenied for an object that is gone, too.
      if (isOutage(error) && name !== "AccessDenied" && code !== "ENOSPC") return { kind: "given-back", reason };
      return {
        kind: "failed",
        error: { name: "PayloadNotRead", message: reason },
        isPermanent: name === "NoSuchKey",
      };
    }
  }

  newFolder(): string {
    return this.options.newFolder();
  }

  async store(job: JobEnvelope, { claim }: Hold, { path, bytes, sha256 }: ResultFile): Promise<ResultRef> {
    const body = createReadStream(path);
    try {
      await this.client.send(
        new PutObjectCommand({
          ...{ Bucket: this.options.bucket, Key: resultKey(job, claim), Body: body, ContentLength: bytes },
          ChecksumSHA256: checksumOf(sha256),
        }),
      );
    } finally {
      body.destroy();
    }
    return { bytes, sha256, claim };
  }

  private async download(job: JobEnvelope, file: string, signal: AbortSignal): Promise<void> {
    const command = new GetObjectCommand({ Bucket: this.options.bucket, Key: keyOf(job) });
    const { Body: body } = await this.client.send(command, { abortSignal: signal });
    const hash = createHash("sha256");
    const summing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(body as Readable, summing, createWriteStream(file, { mode: 0o600 }), { signal });
    const got = hash.digest("hex");
    if (got !== job.payloadRef!.sha256) throw new Error(`it has the SHA-256 ${got}, which its name doesn't say`);
  }

  private retry<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random, log } = this.options;
    return retry(action, {
      ...{ clock, random, signal },
      onRetry: (error) => log("warn", "large-value-retried", errorFields(error)),
    });
  }
}

function keyOf(job: JobEnvelope): string {
  return payloadKey(job, job.payloadRef!);
}

/** Its own retries could not read a file again. */
function createClient(): S3Client {
  const forcePathStyle = Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
  return new S3Client({
    ...{ forcePathStyle, maxAttempts: 1 },
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 30_000 },
  });
}
