import { type LogLevel } from "../../../../contract/log";
import { toJobError } from "../../support/errors";
import { isError, toPlain } from "../../support/plain";
import { shorten } from "../../support/text";
import { type JobLogger } from "../handler";
import { maxLineCharacters } from "../jobLog";

type Fields = Record<string, unknown>;

/** A handler's logger: it never throws, and passes on only plain values of bounded size. */
export function createHandlerLogger(
  write: (level: LogLevel, message: string, fields: Fields | undefined) => void,
): JobLogger {
  const at = (level: LogLevel) => (message: unknown, fields?: unknown) =>
    write(level, shorten(textOf(message), maxLineCharacters), fieldsOf(message, fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  if (isError(message)) {
    const { name, message: text } = toJobError(message);
    return `${name}: ${text}`;
  }
  const plain = toPlain(message);
  return typeof plain === "string" ? plain : (JSON.stringify(plain) ?? typeof message);
}

/** A logged error gets a field of its own, whether it is the message or the fields. */
function fieldsOf(message: unknown, fields: unknown): Fields | undefined {
  const error = isError(message) ? { error: toPlain(message) } : undefined;
  if (fields === undefined || fields === null) return error;
  if (isError(fields)) return { ...error, error: toPlain(fields) };
  const plain = toPlain(fields);
  const isNamed = typeof plain === "object" && plain !== null && !Array.isArray(plain);
  return { ...error, ...(isNamed ? (plain as Fields) : { value: plain }) };
}
