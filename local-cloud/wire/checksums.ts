import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Refused } from "./refusal";

type Sum = (data: Buffer) => Buffer;

const digest =
  (name: string): Sum =>
  (data) =>
    createHash(name).update(data).digest();

/** By header; CRC-32C and CRC-64NVME, which Node doesn't have, are taken as they come. */
const sums: Record<string, Sum> = {
  "x-amz-checksum-crc32": (data) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(data));
    return sum;
  },
  "x-amz-checksum-sha1": digest("sha1"),
  "x-amz-checksum-sha256": digest("sha256"),
};

/**
 * @throws Refused where the body isn't what its sender summed up ("Checking object integrity", Amazon S3 User Guide).
 */
export function checkSums(headers: Record<string, string | string[] | undefined>, data: Buffer): void {
  const md5 = headers["content-md5"];
  if (typeof md5 === "string") {
    if (bytesIn(md5)?.length !== 16) {
      throw new Refused("The Content-MD5 you specified was invalid.", "InvalidDigest");
    }
    if (!createHash("md5").update(data).digest().equals(bytesIn(md5)!)) {
      throw new Refused("The Content-MD5 you specified did not match what we received.", "BadDigest");
    }
  }
  for (const [name, sum] of Object.entries(sums)) {
    const given = headers[name];
    if (typeof given !== "string") continue;
    const [expected, stated] = [sum(data), bytesIn(given)];
    if (stated?.length !== expected.length) {
      throw new Refused(`Value for ${name} header is invalid.`, "InvalidRequest");
    }
    if (stated.equals(expected)) continue;
    const algorithm = name.replace("x-amz-checksum-", "").toUpperCase();
    throw new Refused(`The ${algorithm} you specified did not match the calculated checksum.`, "BadDigest");
  }
}

/** The lines that follow a body in chunks, as headers. */
export function headersIn(trailers: string[]): Record<string, string> {
  return Object.fromEntries(
    trailers.map((line) => [
      line.slice(0, line.indexOf(":")).trim().toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
}

function bytesIn(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}
