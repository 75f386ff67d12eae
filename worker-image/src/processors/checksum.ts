import { createHash } from "node:crypto";
import { type Handler } from "../handlers/handler";
import { readInput } from "../inputs/input";

export interface ChecksumResult {
  /** In hexadecimal. */
  sha256: string;
  bytes: number;
}

/** SHA-256 of a text or an object of any size. Payload: `{text}` or `{input: "s3://bucket/key"}`. */
const checksum: Handler = async (job, context): Promise<ChecksumResult> => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of readInput(job.payload, context)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
};

export default checksum;
