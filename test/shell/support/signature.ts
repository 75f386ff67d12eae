import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface SignedCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Access key, region and service of a call's signature. Fails if the signature is not the one that the
 * secret makes ("Create a signed AWS API request", AWS Identity and Access Management).
 */
export function checkSignature({ method, path, headers, body }: SignedCall, secret: string) {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const match = pattern.exec(headers.authorization ?? "");
  if (!match) throw new Error(`Expected a signature, got ${headers.authorization}`);
  const [, accessKey, date, region, service, names, signature] = match as unknown as string[];
  const canonical = [
    method,
    path,
    "",
    ...names!.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (last, part) => createHmac("sha256", last).update(part!).digest(),
    `AWS4${secret}`,
  );
  const expected = createHmac("sha256", key).update(text).digest("hex");
  if (expected !== signature) throw new Error(`Expected the signature ${expected} of\n${canonical}\ngot ${signature}`);
  return { accessKey, region, service, signedHeaders: names!.split(";") };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
