import path from "node:path";
import { buffer } from "node:stream/consumers";
import sharp, { type OutputInfo, type Sharp, type SharpOptions } from "sharp";
import { describe, isObject } from "../../../contract/check";
import { type Handler, permanent } from "../handlers/handler";
import { describePayload } from "../inputs/input";
import { openObject, parseS3Url, putObject, type S3Location, s3Url } from "../inputs/s3";
import { thumbnailKey } from "../inputs/thumbnailKey";

export interface ThumbnailResult {
  width: number;
  height: number;
  bytes: number;
  /** Location of the thumbnail: `s3://bucket/key`. */
  output: string;
}

type Format = "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff";

interface Request {
  input: S3Location;
  width: number;
  output?: S3Location;
  format?: Format;
}

const maxWidth = 4_096;

/** A picture is decoded in memory as a whole: these bound a job to about half a gigabyte. */
const maxInputBytes = 128 * 1_024 ** 2;
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

/** Formats in which the copy keeps frames. */
const movingFormats: (string | undefined)[] = ["gif", "webp"];

/** A decoder's warning is no failure; a truncated picture is one. */
const readOptions: SharpOptions = { limitInputPixels: maxInputPixels, failOn: "error" };

// One job is one slot: libvips' own threads would compete with the other slots.
sharp.concurrency(1);

/**
 * A smaller copy of a picture, upright as its camera meant it, and never larger than the original.
 * Payload: `{input: "s3://bucket/key", width, output?: "s3://bucket/key"}`. The format is that of `output`'s extension;
 * without `output`, the copy keeps its format (PNG for SVG) and goes to {@link thumbnailKey}, in the same
 * bucket. A moving picture keeps its frames as GIF and WebP; in other formats, and of several pages, the copy has the
 * first.
 */
const thumbnail: Handler = async (job, context): Promise<ThumbnailResult> => {
  const request = readRequest(job.payload);
  const { stream, bytes } = await openObject(request.input, context.signal);
  if (bytes !== undefined && bytes > maxInputBytes) {
    stream.destroy();
    throw permanent(`Expected a picture of at most ${maxInputBytes} bytes, got ${bytes}: ${s3Url(request.input)}`);
  }
  const original = await buffer(stream);
  if (original.length === 0) throw permanent(`Expected a picture, got an empty object: ${s3Url(request.input)}`);
  context.progress(0.4, "read");
  const { data, info } = await shrink(original, request);
  context.progress(0.8, "shrunk");
  const output = request.output ?? defaultOutput(request, info);
  await putObject(output, data, `image/${mediaSubtype(info)}`, context.signal);
  return { width: info.width, height: info.pageHeight ?? info.height, bytes: info.size, output: s3Url(output) };
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

/** Fails for good: libvips won't read or write it later either. */
async function shrink(
  original: Buffer,
  { input, width, format }: Request,
): Promise<{ data: Buffer; info: OutputInfo }> {
  try {
    const image = await open(original, format);
    const resized: Sharp = image.autoOrient().resize({ width, withoutEnlargement: true });
    return await (format ? resized[format]() : resized).toBuffer({ resolveWithObject: true });
  } catch (error) {
    const { message } = error as Error;
    if (!(await canBeRead(original))) {
      throw permanent(`${s3Url(input)} is no picture that can be read: ${message}`, { cause: error });
    }
    const kind = format ? ` as ${format}` : "";
    throw permanent(`The thumbnail of ${s3Url(input)} can't be written${kind}: ${message}`, { cause: error });
  }
}

/** All frames of a moving picture if the copy can move, too; else the first. */
async function open(original: Buffer, format: Format | undefined): Promise<Sharp> {
  const { pages = 1, format: own } = await sharp(original, readOptions).metadata();
  const canMove = movingFormats.includes(format ?? own);
  return sharp(original, { ...readOptions, animated: pages > 1 && canMove });
}

async function canBeRead(original: Buffer): Promise<boolean> {
  try {
    await sharp(original, readOptions).stats();
    return true;
  } catch {
    return false;
  }
}

function defaultOutput({ input, width }: Request, info: OutputInfo): S3Location {
  const format = mediaSubtype(info);
  const isOwn = formats[path.posix.extname(input.key).toLowerCase()] === format;
  const extension = `.${format === "jpeg" ? "jpg" : format}`;
  return { bucket: input.bucket, key: thumbnailKey(input.key, width, { extension, isOwn }) };
}

/** libvips counts AVIF as HEIF. */
function mediaSubtype({ format }: OutputInfo): string {
  return format === "heif" ? "avif" : format;
}
