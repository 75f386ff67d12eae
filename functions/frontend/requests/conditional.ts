import type { HttpAnswer } from "../../shared/httpAnswer";
import { sha256 } from "./digest";
import { type HttpEvent, readHeader } from "./http";

/** Times of knowledge, which move with the clock. Within a text their quotes would be escaped. */
const asOf = /"asOf":"[\dT:.-]+Z"/g;

/** Adds the tag to what a GET found: that of the body, less each `asOf`. A caller who has it gets 304 and no body. */
export function conditional(event: HttpEvent, answered: HttpAnswer): HttpAnswer {
  if (answered.statusCode !== 200) return answered;
  const tag = `"${sha256(answered.body.replace(asOf, ""))}"`;
  const headers = { ...answered.headers, etag: `W/${tag}` };
  const held = readHeader(event, "if-none-match")?.trim() ?? "";
  return held === "*" || held.includes(tag) ? { statusCode: 304, headers, body: "" } : { ...answered, headers };
}
