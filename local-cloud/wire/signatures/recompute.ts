import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Hash } from "@smithy/core/serde";
import { ALGORITHM_IDENTIFIER, getCanonicalHeaders, getSigningKey, SignatureV4Base } from "@smithy/signature-v4";
import type { Claim } from "./claim";

export const sha256 = Hash.bind(null, "sha256");

/** The request data that a signature covers, beside the claim itself. */
export interface Signed {
  message: IncomingMessage;
  /** The path as it was sent. */
  path: string;
  /** Decoded. */
  query: ReadonlyMap<string, string[]>;
  /** SHA-256 of the body in hex, or its placeholder. */
  payloadHash: string;
}

/** The AWS SDK's own signer, applied to a received request. */
class Recomputer extends SignatureV4Base {
  constructor(escapesPath: boolean) {
    const unused = { accessKeyId: "", secretAccessKey: "" };
    super({ service: "", region: "", credentials: unused, sha256, uriEscapePath: escapesPath });
  }

  stringToSign(claim: Claim, { message, path, query, payloadHash }: Signed): Promise<string> {
    const headers = Object.fromEntries(
      claim.signedHeaders.map((name) => [name, message.headersDistinct[name]?.join(",") ?? ""]),
    );
    const canonicalHeaders = getCanonicalHeaders({ headers } as never, undefined, new Set(claim.signedHeaders));
    const request = { method: message.method, path, query: Object.fromEntries(query) };
    const canonical = this.createCanonicalRequest(request as never, canonicalHeaders, payloadHash);
    return this.createStringToSign(claim.time, scopeTextOf(claim), canonical, ALGORITHM_IDENTIFIER);
  }
}

/** Only S3 takes paths as they are. */
const recomputers = { s3: new Recomputer(false), others: new Recomputer(true) };

/** Computes the request's signature with the secret. */
export async function recompute(claim: Claim, signed: Signed, key: Uint8Array): Promise<string> {
  const recomputer = claim.service === "s3" ? recomputers.s3 : recomputers.others;
  return createHmac("sha256", key)
    .update(await recomputer.stringToSign(claim, signed))
    .digest("hex");
}

export function scopeTextOf({ day, region, service }: Claim): string {
  return `${day}/${region}/${service}/aws4_request`;
}

/** Signing key of the secret, for a day, a region and a service. */
export function signingKeyOf(
  { accessKeyId, day, region, service }: Claim,
  secretAccessKey: string,
): Promise<Uint8Array> {
  return getSigningKey(sha256, { accessKeyId, secretAccessKey }, day, region, service);
}

export function hashOf(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
