import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Probe } from "./probe";

const Bucket = "objects-of-the-probes";

async function withObject(s3: S3Client, Key: string, Body = "0123456789"): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  return (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))).ETag!;
}

function put(name: string, input: Partial<PutObjectCommandInput>, differs?: Probe["differs"]): Probe {
  return {
    name: `S3 PutObject, ${name}`,
    ask: async ({ s3 }) => {
      await withObject(s3, "there");
      await s3.send(new PutObjectCommand({ Bucket, Key: "there", Body: "new", ...input }));
    },
    differs,
  };
}

/** Reads of an object of ten characters. */
function get(name: string, input: Partial<GetObjectCommandInput>, differs?: Probe["differs"]): Probe {
  return {
    name: `S3 GetObject, ${name}`,
    ask: async ({ s3 }) => {
      await withObject(s3, "read");
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "read", ...input }));
      return Body!.transformToString();
    },
    differs,
  };
}

function upload(
  name: string,
  ask: (s3: S3Client, ids: { Bucket: string; Key: string; UploadId: string }) => Promise<unknown>,
  differs?: Probe["differs"],
): Probe {
  return {
    name: `S3 ${name}`,
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "large" }));
      await ask(s3, { Bucket, Key: "large", UploadId: UploadId! });
    },
    differs,
  };
}

const otherTag = '"00000000000000000000000000000000"';

export const bucketProbes: Probe[] = [
  put("over another", {}),
  put("where there is none, of a key that exists", { IfNoneMatch: "*" }),
  put("where there is none, of a new key", { Key: "first", IfNoneMatch: "*" }),
  put("where another is, of a key that exists", { IfMatch: otherTag }),
  put("where another is, of a new key", { Key: "second", IfMatch: otherTag }),
  {
    name: "S3 PutObject, where the same is",
    ask: async ({ s3 }) => {
      const IfMatch = await withObject(s3, "there");
      await s3.send(new PutObjectCommand({ Bucket, Key: "there", Body: "new", IfMatch }));
    },
  },
  put("where another isn't, of a key that exists", { IfNoneMatch: otherTag }),
  put("with a key of 1,024 bytes", { Key: "k".repeat(1_024) }),
  put("with a key of 1,025 bytes", { Key: "k".repeat(1_025) }),
  put(
    "with metadata of more than 2 KB",
    { Metadata: { a: "m".repeat(2_100) } },
    {
      localCloud: "MetadataTooLarge 400",
      because: "Working with object metadata: user-defined metadata has up to 2 KB",
    },
  ),
  put("with another's MD5", { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" }),
  put("with what is no MD5", { ContentMD5: "md5" }),
  put("with another's checksum", { ChecksumCRC32: "AAAAAA==" }),
  put("into a bucket that isn't there", { Bucket: "nowhere" }),
  get("whole", {}),
  get("of a key that isn't there", { Key: "missing" }),
  get("of a bucket that isn't there", { Bucket: "nowhere" }),
  get("of a range", { Range: "bytes=2-4" }),
  get("of the end", { Range: "bytes=-3" }),
  get("of a range past the end", { Range: "bytes=5-99" }),
  get("of a range beyond the end", { Range: "bytes=10-11" }),
  get("where another is", { IfMatch: otherTag }),
  get("where another isn't", { IfNoneMatch: otherTag }),
  {
    name: "S3 GetObject, where the same isn't",
    ask: async ({ s3 }) => {
      const IfNoneMatch = await withObject(s3, "read");
      await s3.send(new GetObjectCommand({ Bucket, Key: "read", IfNoneMatch }));
    },
  },
  {
    name: "S3 HeadObject, of a key that isn't there",
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      await s3.send(new HeadObjectCommand({ Bucket, Key: "missing" }));
    },
  },
  {
    name: "S3 DeleteObject, of a key that isn't there",
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      await s3.send(new DeleteObjectCommand({ Bucket, Key: "missing" }));
    },
  },
  {
    name: "S3 CopyObject, of a key that isn't there",
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/missing` }));
    },
  },
  {
    name: "S3 ListObjectsV2, of none",
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
      return String(KeyCount);
    },
    differs: { localCloud: "0", because: "ListObjectsV2: no more keys than MaxKeys" },
  },
  {
    name: "S3 HeadBucket, of one that isn't there",
    ask: ({ s3 }) => s3.send(new HeadBucketCommand({ Bucket: "nowhere" })),
  },
  {
    name: "S3 DeleteBucket, with an object in it",
    ask: async ({ s3 }) => {
      await withObject(s3, "any");
      await s3.send(new DeleteBucketCommand({ Bucket }));
    },
  },
  ...["ab", "Upper", "under_score", "b".repeat(64)].map((name): Probe => ({
    name: `S3 CreateBucket, ${name}`,
    ask: ({ s3 }) => s3.send(new CreateBucketCommand({ Bucket: name })),
  })),
  upload("CompleteMultipartUpload, of its part", async (s3, ids) => {
    const { ETag } = await s3.send(new UploadPartCommand({ ...ids, PartNumber: 1, Body: "part" }));
    await s3.send(
      new CompleteMultipartUploadCommand({ ...ids, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }),
    );
  }),
  upload("CompleteMultipartUpload, of another's part", async (s3, ids) => {
    await s3.send(new UploadPartCommand({ ...ids, PartNumber: 1, Body: "part" }));
    await s3.send(
      new CompleteMultipartUploadCommand({ ...ids, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: otherTag }] } }),
    );
  }),
  upload("CompleteMultipartUpload, of a first part that is too small", async (s3, ids) => {
    const parts = [1, 2].map(async (PartNumber) => {
      const { ETag } = await s3.send(new UploadPartCommand({ ...ids, PartNumber, Body: "part" }));
      return { PartNumber, ETag };
    });
    await s3.send(new CompleteMultipartUploadCommand({ ...ids, MultipartUpload: { Parts: await Promise.all(parts) } }));
  }),
  upload("CompleteMultipartUpload, where there is none, of a key that exists", async (s3, ids) => {
    await withObject(s3, ids.Key);
    const { ETag } = await s3.send(new UploadPartCommand({ ...ids, PartNumber: 1, Body: "part" }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...ids, MultipartUpload, IfNoneMatch: "*" }));
  }),
  upload("UploadPart, the 10,001st", (s3, ids) =>
    s3.send(new UploadPartCommand({ ...ids, PartNumber: 10_001, Body: "part" })),
  ),
  upload("UploadPart, of an upload that isn't there", (s3, ids) =>
    s3.send(new UploadPartCommand({ ...ids, UploadId: "nowhere", PartNumber: 1, Body: "part" })),
  ),
];
