import { createHmac } from "node:crypto";
import { type Claim } from "./claim";
import { hashOf, scopeTextOf } from "./recompute";

/** A body in chunks, which its sender could sign or sum while sending. */
export interface ChunkedBody {
  data: Buffer;
  chunks: { data: Buffer; signature?: string }[];
  /** Lines after the last chunk, as they were sent. */
  trailers: string[];
}

/** Reads `aws-chunked`, whose chunks may each have a signature; undefined for other bytes. */
export function readChunks(body: Buffer): ChunkedBody | undefined {
  const chunks: ChunkedBody["chunks"] = [];
  for (let offset = 0; ;) {
    const end = body.indexOf("\r\n", offset);
    const [, size, signature] =
      /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(body.toString("latin1", offset, end)) ?? [];
    if (end < 0 || size === undefined) return undefined;
    const [start, length] = [end + 2, Number.parseInt(size, 16)];
    if (start + length > body.length) return undefined;
    chunks.push({ data: body.subarray(start, start + length), signature });
    offset = start + length + (length > 0 ? 2 : 0);
    if (length > 0) continue;
    const trailers = body.toString("latin1", offset).split("\r\n").filter(Boolean);
    return { data: Buffer.concat(chunks.map((chunk) => chunk.data)), chunks, trailers };
  }
}

/**
 * True if each chunk has the signature that follows from the one before it, beginning with the request's
 * ("Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", Amazon S3).
 */
export function areChunksSigned({ chunks, trailers }: ChunkedBody, claim: Claim, key: Uint8Array): boolean {
  const sign = (kind: string, ...rest: string[]) =>
    createHmac("sha256", key)
      .update([`AWS4-HMAC-SHA256-${kind}`, claim.time, scopeTextOf(claim), ...rest].join("\n"))
      .digest("hex");
  let last = claim.signature;
  for (const { data, signature } of chunks) {
    last = sign("PAYLOAD", last, emptyHash, hashOf(data));
    if (signature !== last) return false;
  }
  const [, given] = /^x-amz-trailer-signature:(.*)$/.exec(trailers.at(-1) ?? "") ?? [];
  if (trailers.length === 0) return true;
  return (
    given?.trim() ===
    sign(
      "TRAILER",
      last,
      hashOf(
        trailers
          .slice(0, -1)
          .map((line) => `${line}\n`)
          .join(""),
      ),
    )
  );
}

const emptyHash = hashOf("");
