import { type Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe } from "../../../contract/check";
import { permanent } from "../handlers/handler";

/** Bucket and key of an object. */
export interface S3Location {
  bucket: string;
  key: string;
}

/** An object while it is read. */
export interface S3Object {
  stream: Readable;
  bytes?: number;
  contentType?: string;
}

/** Errors that a retry doesn't fix. A refused read is not among them: a missing permission can be added meanwhile. */
const permanentErrors: Record<string, string> = {
  NoSuchKey: "There is no object",
  NotFound: "There is no object",
  NoSuchBucket: "There is no bucket",
  InvalidBucketName: "There is no bucket",
  KeyTooLongError: "The key is too long",
  InvalidObjectState: "The object is archived and must be restored first",
};

let sharedClient: S3Client | undefined;

/** Parses `s3://bucket/key`; the field's name is for the error. */
export function parseS3Url(field: string, value: unknown): S3Location {
  const match = typeof value === "string" ? /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s.exec(value) : null;
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) {
    throw permanent(`Expected \`${field}\` as s3://bucket/key, got ${describe(value)}`);
  }
  return { bucket, key };
}

export function s3Url({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`;
}

export async function openObject(location: S3Location, signal: AbortSignal): Promise<S3Object> {
  const command = new GetObjectCommand({ Bucket: location.bucket, Key: location.key });
  const {
    Body: stream,
    ContentLength: bytes,
    ContentType: contentType,
  } = await explained(location, () => client().send(command, { abortSignal: signal }));
  return { stream: stream as Readable, bytes, contentType };
}

export async function putObject(
  location: S3Location,
  body: Uint8Array,
  contentType: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: location.bucket,
    Key: location.key,
    Body: body,
    ContentType: contentType,
  });
  await explained(location, () => client().send(command, { abortSignal: signal }));
}

/** Words errors so that they name the object; throttling and the like stay as they are, and are retried. */
async function explained<T>(location: S3Location, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name, message } = error as Error;
    const known = permanentErrors[name];
    if (known) throw permanent(`${known}: ${s3Url(location)}`, { cause: error });
    throw Object.assign(new Error(`${s3Url(location)}: ${message || name}`, { cause: error }), { name });
  }
}

/** One client for all jobs of the process. A custom endpoint rarely has a host name for each bucket. */
function client(): S3Client {
  const hasOwnEndpoint = Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
  sharedClient ??= new S3Client({ forcePathStyle: hasOwnEndpoint });
  return sharedClient;
}
