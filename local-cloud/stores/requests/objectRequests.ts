import { type AwsRequest, objectOf } from "../../wire/awsRequest";
import { checkSums } from "../../wire/checksums";
import { Refused } from "../../wire/refusal";

/** "General purpose bucket naming rules", Amazon S3 User Guide. */
export const bucketName = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** "Creating object key names" and "Working with object metadata", Amazon S3 User Guide. */
const maxKeyBytes = 1_024;
const maxMetadataBytes = 2_048;

export interface Objects {
  /** In quotes; undefined if there is no such object. */
  etagOf: (bucket: string, key: string) => string | undefined;
}

/**
 * Refuses requests that S3 refuses and the store would take ("Amazon S3 API Reference", by action).
 *
 * @throws Refused
 */
export function checkObjectRequest(action: string, request: AwsRequest, objects: Objects): void {
  const { bucket, key } = objectOf(request.target);
  const { headers } = request.message;
  if (action === "CreateBucket" && !bucketName.test(bucket)) {
    throw new Refused("The specified bucket is not valid.", "InvalidBucketName");
  }
  if (Buffer.byteLength(key) > maxKeyBytes) throw new Refused("Your key is too long", "KeyTooLongError");
  if (action === "PutObject" || action === "UploadPart") checkSums(headers, request.body);
  if (["PutObject", "CopyObject", "CreateMultipartUpload"].includes(action)) checkMetadata(headers);
  if (action === "UploadPart") checkPartNumber(request.target.query.get("partNumber")?.[0]);
  if (action === "PutObject" || action === "CompleteMultipartUpload") {
    checkCondition(headers, objects.etagOf(bucket, key));
  }
}

type Headers = AwsRequest["message"]["headers"];

/** "Conditional writes", Amazon S3 User Guide. */
function checkCondition({ "if-match": same, "if-none-match": none }: Headers, etag: string | undefined): void {
  if (none !== undefined && none !== "*") {
    const problem = "A header you provided implies functionality that is not implemented";
    throw new Refused(problem, "NotImplemented", 501);
  }
  if (same !== undefined && etag === undefined) {
    throw new Refused("The specified key does not exist.", "NoSuchKey", 404);
  }
  const isSame = same === undefined || same === "*" || `"${same.replaceAll('"', "")}"` === etag;
  if (isSame && (none === undefined || etag === undefined)) return;
  const problem = "At least one of the pre-conditions you specified did not hold";
  throw new Refused(problem, "PreconditionFailed", 412);
}

function checkMetadata(headers: Headers): void {
  const bytes = Object.entries(headers)
    .filter(([name]) => name.startsWith("x-amz-meta-"))
    .reduce((sum, [name, value]) => sum + name.length - "x-amz-meta-".length + Buffer.byteLength(String(value)), 0);
  if (bytes > maxMetadataBytes) {
    throw new Refused("Your metadata headers exceed the maximum allowed metadata size", "MetadataTooLarge");
  }
}

function checkPartNumber(given: string | undefined): void {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return;
  throw new Refused("Part number must be an integer between 1 and 10000, inclusive", "InvalidArgument");
}
