import { buffer } from "node:stream/consumers";
import path from "node:path";
import sharp, { OutputInfo, Sharp } from "sharp";
import { describe, isObject } from "../../../contract/check";
import { Handler, permanent } from "../handler";
import { describePayload } from "../inputs/input";
import { openObject, parseS3Url, putObject, S3Location, s3Url } from "../inputs/s3";

export interface ThumbnailResult {
  width: number;
  height: number;
  bytes: number;
  /** Where the thumbnail is: `s3://bucket/key`. */
  output: string;
}

type Format = "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff";

interface Request {
  input: S3Location;
  width: number;
  output?: S3Location;
  format?: Format;
}

const maxWidth = 4096;

/** A picture is held in memory whole, decoded: these bound a job to about half a gigabyte. */
const maxInputBytes = 128 * 1024 ** 2;
const maxInputPixels = 100_000_000;

/** Formats by the output's extension. */
const formats: Record<string, Format> = {
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".png": "png",
  ".webp": "webp",
  ".avif": "avif",
  ".gif": "gif",
  ".tif": "tiff",
  ".tiff": "tiff",
};

// One job is one slot: libvips' own threads would compete with the other slots.
sharp.concurrency(1);

/**
 * A smaller copy of a picture, upright as its camera meant it, and never larger than the original.
 * Payload: `{input: "s3://bucket/key", width, output?: "s3://bucket/key"}`. The format is that of `output`'s extension;
 * without `output`, the copy keeps its format and goes to `thumbnails/<name>-<width>.<extension>` in the same bucket.
 */
const thumbnail: Handler = async (job, context): Promise<ThumbnailResult> => {
  const request = readRequest(job.payload);
  const { stream, bytes } = await openObject(request.input, context.signal);
  if (bytes !== undefined && bytes > maxInputBytes) {
    stream.destroy();
    throw permanent(`Expected a picture of at most ${maxInputBytes} bytes, got ${bytes}: ${s3Url(request.input)}`);
  }
  const original = await buffer(stream);
  context.progress(0.4, "read");
  const { data, info } = await shrink(original, request);
  context.progress(0.8, "shrunk");
  const output = request.output ?? defaultOutput(request, info);
  await putObject(output, data, `image/${mediaSubtype(info)}`, context.signal);
  return { width: info.width, height: info.height, bytes: info.size, output: s3Url(output) };
};

export default thumbnail;

function readRequest(payload: unknown): Request {
  if (!isObject(payload)) {
    throw permanent(`Expected a payload with \`input\` and \`width\`, got ${describePayload(payload)}`);
  }
  const { width, output } = payload;
  const input = parseS3Url("input", payload.input);
  if (typeof width !== "number" || !Number.isInteger(width) || width < 1 || width > maxWidth) {
    throw permanent(`Expected \`width\` as a whole number from 1 to ${maxWidth}, got ${describe(width)}`);
  }
  if (output === undefined) return { input, width };
  const location = parseS3Url("output", output);
  const format = formats[path.posix.extname(location.key).toLowerCase()];
  if (!format) {
    const known = Object.keys(formats).join(", ");
    throw permanent(`Expected \`output\` with one of the extensions ${known}, got ${describe(output)}`);
  }
  return { input, width, output: location, format };
}

/** Fails for good: what libvips can't read today it can't read tomorrow. */
async function shrink(
  original: Buffer,
  { input, width, format }: Request,
): Promise<{ data: Buffer; info: OutputInfo }> {
  try {
    const image = sharp(original, { limitInputPixels: maxInputPixels }).autoOrient();
    const resized: Sharp = image.resize({ width, withoutEnlargement: true });
    return await (format ? resized[format]() : resized).toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw permanent(`${s3Url(input)} is no picture that can be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Below `thumbnails/`, so that a rule or a right can be about thumbnails alone; the folders of the input are kept. */
function defaultOutput({ input, width }: Request, info: OutputInfo): S3Location {
  const { dir, name, ext } = path.posix.parse(input.key);
  const format = mediaSubtype(info);
  const extension = formats[ext.toLowerCase()] === format ? ext : `.${format === "jpeg" ? "jpg" : format}`;
  return { bucket: input.bucket, key: `thumbnails/${dir && `${dir}/`}${name}-${width}${extension}` };
}

/** libvips counts AVIF as HEIF. */
function mediaSubtype({ format }: OutputInfo): string {
  return format === "heif" ? "avif" : format;
}
