import { type Readable } from "node:stream";
import { describe, isObject } from "../../../contract/check";
import { type JobContext, permanent } from "../handlers/handler";
import { openObject, parseS3Url } from "./s3";

/**
 * The bytes of a payload `{text}` or `{input: "s3://bucket/key"}`, chunk by chunk; reports progress if the size is
 * known.
 */
export async function* readInput(payload: unknown, context: JobContext): AsyncGenerator<Uint8Array> {
  if (!isObject(payload) || (payload.text === undefined) === (payload.input === undefined)) {
    throw permanent(`Expected a payload with either \`text\` or \`input\`, got ${describePayload(payload)}`);
  }
  if (payload.text !== undefined) {
    if (typeof payload.text !== "string") throw permanent(`Expected \`text\` as a text, got ${describe(payload.text)}`);
    // As bytes it would be another text.
    if (/[\ud800-\udfff]/u.test(payload.text)) throw permanent("Expected `text` as Unicode, got half of a character");
    yield Buffer.from(payload.text, "utf8");
    return;
  }
  const { stream, bytes } = await openObject(parseS3Url("input", payload.input), context.signal);
  yield* withProgress(stream, bytes, context);
}

async function* withProgress(stream: Readable, total: number | undefined, context: JobContext) {
  let done = 0;
  let nextReport = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    context.signal.throwIfAborted();
    done += chunk.length;
    if (total && (done >= nextReport || done === total)) {
      context.progress(done / total);
      nextReport = done + total / 100;
    }
    yield chunk;
  }
}

/** Describes a wrong payload with its fields' names: the usual mistake is a misspelt one. */
export function describePayload(payload: unknown): string {
  if (!isObject(payload)) return describe(payload);
  const fields = Object.keys(payload);
  return fields.length > 0 ? `an object with ${fields.slice(0, 10).join(", ")}` : "an empty object";
}
