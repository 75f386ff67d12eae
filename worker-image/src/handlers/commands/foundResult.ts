import { findJsonLosses } from "../../../../contract/http/jsonLosses";
import { limits } from "../../../../contract/limits";
import { shorten } from "../../support/text";
import { encodeResult } from "../encodeResult";
import { type LargeResult } from "../largeResult";

/** Most characters of JSON that are kept: room for a result within the limit with white space in it, and for more. */
export const maxKeptCharacters = 16 * limits.maxResultBytes;

/** A result: its value, or one that is too large for a record; or its problem. */
export type FoundResult = ({ ok: true; value?: unknown } & Partial<LargeResult>) | { ok: false; message: string };

/**
 * The result of a JSON text, unless JavaScript would read parts of it as other values. One that is too large for a
 * record is written into the file, if there is one.
 */
export function resultOf(text: string, value: unknown, file: string | undefined): FoundResult {
  const [loss] = findJsonLosses(text);
  if (loss)
    return failure(text, `reading it would change it${loss.path && ` at ${shorten(loss.path, 300)}`}: ${loss.message}`);
  const encoded = encodeResult(value, { file });
  return !encoded.ok || encoded.json === undefined ? encoded : { ok: true, value };
}

/** The result of a text that is to be JSON as a whole. */
export function resultOfText(text: string, file: string | undefined): FoundResult {
  const parsed = parse(text);
  return parsed.ok ? resultOf(text, parsed.value, file) : failure(text, parsed.message());
}

/** The value of a JSON text, or the message of its error. */
export function parse(text: string): { ok: true; value: unknown } | { ok: false; message(): string } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, message: () => hintOf(text) ?? (error as Error).message };
  }
}

/** Hints for common mistakes in place of JSON. */
export function hintOf(text: string): string | undefined {
  if (/(?:^|[\s:,[])-?(?:NaN|Infinity|nan|inf)(?:$|[\s,\]}])/.test(text)) {
    return "JSON has no NaN and no Infinity, though Python writes them: make them None, or texts";
  }
  if (/^[[{]\s*'|:\s*'|\b(?:None|True|False)\b/.test(text)) {
    return "it is no JSON but Python's or JavaScript's own way to print: use json.dumps(…) or JSON.stringify(…)";
  }
  return undefined;
}

/** The refusal of a text, with its beginning. */
export function failure(text: string, problem: string): FoundResult {
  const beginning = shorten(text.replace(/\s+/g, " ").trim(), 80);
  return {
    ok: false,
    message: `Expected the result as one JSON value, got ${beginning}, and ${problem}. Print it in lines of its own, or write it into the file that JOB_RESULT_FILE names`,
  };
}
