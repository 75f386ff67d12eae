import { objectOf } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/**
 * Permissions by operation ("Required permissions for Amazon S3 API operations"); others are named like their
 * operation.
 */
const objectActions: Record<string, string> = {
  HeadObject: "GetObject",
  CreateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  CompleteMultipartUpload: "PutObject",
  CopyObject: "PutObject",
  ListParts: "ListMultipartUploadParts",
};
const bucketActions: Record<string, string> = { ListObjectsV2: "ListBucket", HeadBucket: "ListBucket" };

export function s3Asks({ request, operation, sources, may }: Call): Ask[] {
  const { bucket, key } = objectOf(request.target);
  if (!bucket) return [{ action: "s3:ListAllMyBuckets", resource: "*" }];
  if (operation === "DeleteObjects") {
    return keysOf(request.body.toString()).map((each) => onObject("DeleteObject", bucket, each));
  }
  if (!key) return [{ action: `s3:${bucketActions[operation] ?? operation}`, resource: `arn:aws:s3:::${bucket}` }];
  const ask = onObject(objectActions[operation] ?? operation, bucket, key);
  const asks = [ask];
  if (operation === "CopyObject") asks.push(sourceOf(String(request.message.headers["x-amz-copy-source"])));
  // A caller who may not list a bucket doesn't learn that an object is missing ("GetObject", Amazon S3 API Reference).
  const isRead = operation === "GetObject" || operation === "HeadObject";
  if (isRead && !sources.hasObject(bucket, key) && may(ask)) {
    asks.push({ action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}` });
  }
  return asks;
}

function onObject(action: string, bucket: string, key: string): Ask {
  return { action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}/${key}` };
}

function sourceOf(header: string): Ask {
  const [, bucket = "", key = ""] = /^\/?([^/]*)\/([^?]*)/.exec(decodeURIComponent(header)) ?? [];
  return onObject("GetObject", bucket, key);
}

function keysOf(xml: string): string[] {
  return [...xml.matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key]) => key!);
}
