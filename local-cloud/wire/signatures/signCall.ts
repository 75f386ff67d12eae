import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../callers";
import { sha256 } from "./recompute";

export interface CallToSign {
  service: string;
  region: string;
  method: string;
  /** `http://127.0.0.1:PORT` */
  address: string;
  /** With its query, if any. */
  path: string;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Headers of the signed call. */
export async function signCall(call: CallToSign, credentials: Credentials): Promise<Record<string, string>> {
  const { service, region, method, path, headers, body } = call;
  const url = new URL(call.address);
  const [pathname = "/", search = ""] = path.split("?");
  const isS3 = service === "s3";
  const signer = new SignatureV4({ service, region, credentials, sha256, uriEscapePath: !isS3, applyChecksum: isS3 });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: { ...headers, host: url.host },
    body,
  });
  return signed.headers;
}
