import type { S3Client } from "@aws-sdk/client-s3";
import type { Upload, ValueUrl } from "../../../contract/http/answers";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import { limits } from "../../../contract/limits";
import {
  checkRef,
  checksumOf,
  type LargeValue,
  lifetimes,
  lifetimesFor,
  payloadFolder,
  payloadKey,
  type PayloadRef,
  resultFolder,
  resultKey,
} from "../../../contract/records/largeValues";
import { wrongShape } from "../../frontend/requests/readFields";
import type { LargeValueActs } from "../../shared/largeValueActs";
import { clientOptions } from "../../shared/runtime";

/** Payloads and results in the component's bucket. */
export interface LargeValues extends LargeValueActs {
  /** Signs the upload of a payload. */
  prepare(job: { type: string; id: string }, ref: PayloadRef): Promise<Upload>;
}

type Job = Parameters<typeof payloadKey>[0];

/** A copy of a large object takes S3 some seconds. */
const copyMilliseconds = 20_000;

export function createLargeValues(Bucket: string, now: () => number): LargeValues {
  let client: S3Client | undefined;
  const expiresIn = limits.signedUrlSeconds;
  const expiresAt = () => new Date(now() + expiresIn * 1_000).toISOString();

  /** Loaded with the first large value: most environments never see one. */
  async function load() {
    const aws = await import("@aws-sdk/client-s3");
    const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
    // A custom endpoint rarely has a host name for each bucket.
    client ??= new aws.S3Client({ ...clientOptions(), forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL) });
    return { aws, client, getSignedUrl };
  }

  async function look(Key: string): Promise<LargeValue | undefined> {
    const { aws, client } = await load();
    try {
      const command = new aws.HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" });
      const { ContentLength: bytes = 0, ChecksumSHA256: sum = "" } = await client.send(command);
      return { bytes, sha256: Buffer.from(sum, "base64").toString("hex") };
    } catch (error) {
      if ((error as Error).name === "NotFound") return undefined;
      throw error;
    }
  }

  async function urlOf(Key: string, { bytes, sha256 }: LargeValue): Promise<ValueUrl> {
    const { aws, client, getSignedUrl } = await load();
    const url = await getSignedUrl(client, new aws.GetObjectCommand({ Bucket, Key }), { expiresIn });
    return { url, bytes, sha256, expiresAt: expiresAt() };
  }

  /** For another job, which may start now, or as if it were uploaded now for the same one. */
  async function copy(to: Job, from: Job, ref: PayloadRef): Promise<PayloadRef | ProblemDocument> {
    const isSame = from.id === to.id && from.type === to.type;
    const placed = isSame ? ref : { ...ref, days: lifetimes[0] };
    const Key = payloadKey(to, placed);
    if (!isSame && (await look(Key))) return placed;
    const { aws, client } = await load();
    const command = new aws.CopyObjectCommand({
      ...{ Bucket, Key, CopySource: `${Bucket}/${payloadKey(from, ref)}`, ChecksumAlgorithm: "SHA256" },
      ...(isSame && { MetadataDirective: "REPLACE" }),
    });
    try {
      await client.send(command, { requestTimeout: copyMilliseconds });
    } catch (error) {
      if ((error as Error).name !== "NoSuchKey") throw error;
      return problemOf("blob-missing", `The payload ${ref.sha256} of job ${from.id} is gone`);
    }
    return placed;
  }

  return {
    async prepare(job, ref) {
      const checksum = { "x-amz-checksum-sha256": checksumOf(ref.sha256) };
      const { aws, client, getSignedUrl } = await load();
      const command = new aws.PutObjectCommand({
        ...{ Bucket, Key: payloadKey(job, ref), ContentLength: ref.bytes },
        ChecksumSHA256: checksumOf(ref.sha256),
      });
      // In the query S3 would not hold the body to it.
      const unhoistableHeaders = new Set(Object.keys(checksum));
      const url = await getSignedUrl(client, command, { expiresIn, unhoistableHeaders });
      return { url, headers: checksum, expiresAt: expiresAt() };
    },

    async find({ type, id, payloadRef, notBefore, source }) {
      if (source?.payloadRef) return copy({ type, id }, source, source.payloadRef);
      const wrong = checkRef(payloadRef);
      if (wrong.length > 0) return wrongShape(wrong);
      const { bytes, sha256 } = payloadRef;
      for (const days of lifetimesFor(notBefore, now())) {
        const found = await look(payloadKey({ type, id }, { days, sha256 }));
        if (found?.bytes === bytes && found.sha256 === sha256) return { bytes, sha256, days };
        if (!found) continue;
        const got = `got ${found.bytes} bytes with the SHA-256 ${found.sha256}`;
        return problemOf("blob-mismatch", `Expected the ${bytes} bytes that were uploaded for job ${id}, ${got}`);
      }
      const how = "POST /uploads gives a URL for it; it must be for the same type, id and start";
      return problemOf("blob-missing", `The payload ${sha256} of job ${id} was not uploaded: ${how}`);
    },

    async store({ payload, payloadRef, notBefore, ...job }) {
      const { aws, client } = await load();
      const [days] = lifetimesFor(notBefore, now());
      const placed = { ...payloadRef, days: days! };
      const command = new aws.PutObjectCommand({
        ...{ Bucket, Key: payloadKey(job, placed), Body: JSON.stringify(payload) },
        ChecksumSHA256: checksumOf(placed.sha256),
      });
      await client.send(command);
      return placed;
    },

    async sign({ payloadRef, resultRef, ...job }) {
      return {
        ...(payloadRef && { payloadRef: await urlOf(payloadKey(job, payloadRef), payloadRef) }),
        ...(resultRef && { resultRef: await urlOf(resultKey(job, resultRef.claim), resultRef) }),
      };
    },

    async remove(job) {
      const { aws, client } = await load();
      for (const Prefix of [resultFolder(job), ...lifetimes.map((days) => payloadFolder(job, days))]) {
        const { Contents = [] } = await client.send(new aws.ListObjectsV2Command({ Bucket, Prefix }));
        for (const { Key } of Contents) await client.send(new aws.DeleteObjectCommand({ Bucket, Key }));
      }
      return {};
    },
  };
}
