import { createHash } from "node:crypto";
import { withoutSourceMap } from "../../../../contract/handlers/handlerBundle";
import { errorFields, type Log } from "../../../../contract/log";
import { retry } from "../../services/retry";
import { type Clock } from "../../support/clock";
import { toJobError } from "../../support/errors";

export interface InlineHandlerEffects {
  clock: Clock;
  random: () => number;
  log: Log;
}

/** Downloads the text of an inline handler, whose key ends in its SHA-256: `s3://bucket/word-count/<sha256>.js`. */
export async function downloadHandler(url: string, effects: InlineHandlerEffects): Promise<string> {
  const { clock, random, log } = effects;
  const onRetry = (error: unknown) => log("warn", "handler-download-retried", errorFields(error));
  try {
    const location = parseUrl(url);
    // A new permission takes some seconds to take effect, so a refusal is no reason to give up.
    const text = (await retry(() => download(location), { clock, random, onRetry })).toString("utf8");
    // That of a function in the program is of its code alone.
    const hashes = [text, withoutSourceMap(text)].map((part) => createHash("sha256").update(part).digest("hex"));
    if (!hashes.some((hash) => location.key.endsWith(`${hash}.js`))) {
      throw new Error(`its content has the SHA-256 ${hashes[0]}, which its name doesn't say`);
    }
    return text;
  } catch (cause) {
    throw new Error(`The inline handler could not be downloaded from ${url}: ${toJobError(cause).message}`, { cause });
  }
}

/** Loads the SDK here, so that workers with other kinds of handlers don't need it. */
async function download({ bucket, key }: { bucket: string; key: string }): Promise<Buffer> {
  const { GetObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  // A custom endpoint rarely has a host name for each bucket.
  const forcePathStyle = Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
  const client = new S3Client({ forcePathStyle });
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body: body } = await client.send(command, { requestTimeout: 30_000 });
    return Buffer.from((await body?.transformToByteArray()) ?? []);
  } finally {
    client.destroy();
  }
}

function parseUrl(url: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
  if (!bucket || !key) throw new Error("expected s3://bucket/key");
  return { bucket, key };
}
