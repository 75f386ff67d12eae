import { limits } from "../../../contract/limits";
import { type JobError } from "../../../contract/records/record";
import { isError, read, toPlain } from "./plain";
import { shorten } from "./text";

/** Errors of a chain of causes that are kept: of longer chains the outermost and the innermost. */
const maxCauses = 6;

/** Length to which a chain of causes is followed. */
const maxChain = 100;

/** Errors of an AggregateError that are kept. */
const maxErrorsTold = 3;

const maxNameCharacters = 100;
const maxStackCharacters = 8_000;
const maxStackHeadCharacters = 500;

/** Fallback if describing an error throws. */
const indescribable: JobError = { name: "Error", message: "Threw something that can't be described" };

/** Any thrown value, with its causes, as the record keeps it. Never throws. */
export function toJobError(thrown: unknown): JobError {
  try {
    const code = codeOf(thrown);
    const error = { name: nameOf(thrown), message: reasonOf(thrown, limits.maxErrorCharacters) };
    return cutError({ ...error, ...(code !== undefined && { code }) });
  } catch {
    return indescribable;
  }
}

/** The error with its texts within their bounds. */
export function cutError({ name, message, code, frames }: JobError): JobError {
  return {
    name: shorten(name, maxNameCharacters),
    message: shorten(message, limits.maxErrorCharacters),
    ...(code !== undefined && { code: shorten(code, maxNameCharacters) }),
    ...(frames !== undefined && { frames }),
  };
}

/** Stack of a thrown value and of its causes; undefined if it has none. Never throws. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    const stacks = chainOf(thrown).map(stackWithErrors).filter(Boolean);
    if (stacks.length === 0) return undefined;
    return fit(stacks, "\nCaused by: ", maxStackCharacters);
  } catch {
    return undefined;
  }
}

/** True if the thrown value says that a retry is useless. */
export function isPermanent(thrown: unknown): boolean {
  return typeof thrown === "object" && read(thrown, "permanent") === true;
}

function nameOf(thrown: unknown): string {
  const name = isErrorLike(thrown) ? read(thrown, "name") : undefined;
  if (typeof name === "string" && name !== "") return name;
  const kind = isError(thrown) ? read(read(thrown, "constructor"), "name") : undefined;
  return typeof kind === "string" && kind !== "" ? kind : "Error";
}

/** The messages from the outermost to the innermost, each shortened if all of them are too long. */
function reasonOf(thrown: unknown, most: number): string {
  const told: string[] = [];
  for (const error of chainOf(thrown)) {
    const text = told.length === 0 ? ownText(error) : withName(error, ownText(error));
    // A message that contains its cause's is enough.
    if (text !== "" && !told.some((before) => before.includes(text))) told.push(text);
  }
  if (told.length === 0) return "(no message)";
  return fit(told, ": ", most);
}

/** Text of one thrown value, without its causes. */
function ownText(thrown: unknown): string {
  if (!isErrorLike(thrown)) return typeof thrown === "string" ? thrown : `Threw ${textOf(thrown)}`;
  const message = read(thrown, "message");
  const parts = [message === undefined ? "" : textOf(message), ...errorsOf(thrown)].filter((part) => part !== "");
  const text = parts.length > 1 ? `${parts[0]}: ${parts.slice(1).join("; ")}` : (parts[0] ?? "");
  const code = codeOf(thrown);
  if (code === undefined || text.includes(code)) return text;
  return text === "" ? shorten(code, 100) : `${text} (${shorten(code, 100)})`;
}

/** The first errors of an AggregateError. */
function errorsOf(thrown: unknown): string[] {
  const errors = read(thrown, "errors");
  if (!Array.isArray(errors)) return [];
  const told = errors.slice(0, maxErrorsTold).map((error) => {
    const chain = chainOf(error).map((each) =>
      isErrorLike(each) ? textOf(read(each, "message") ?? "") : textOf(each),
    );
    return fit([...new Set(chain.filter((text) => text !== ""))], ": ", 300);
  });
  const more = errors.length - told.length;
  return more > 0 ? [...told, `${more} more`] : told;
}

/** An error's stack, with those of the first errors of an AggregateError. */
function stackWithErrors(thrown: unknown): string {
  const errors = read(thrown, "errors");
  const stacks = [ownStack(thrown), ...(Array.isArray(errors) ? errors.slice(0, maxErrorsTold).map(ownStack) : [])];
  return stacks.filter(Boolean).join("\nOne of its errors: ");
}

/** The error's `code`, such as `ENOENT`. */
function codeOf(thrown: unknown): string | undefined {
  const code = isErrorLike(thrown) ? read(thrown, "code") : undefined;
  return (typeof code === "string" && code !== "") || typeof code === "number" ? String(code) : undefined;
}

function withName(error: unknown, text: string): string {
  const name = isErrorLike(error) ? nameOf(error) : "Error";
  if (name === "Error" || text.includes(name)) return text;
  return text === "" ? name : `${name}: ${text}`;
}

/** A thrown value, its cause, that one's cause, and so on: of many, the first ones and the last. */
export function chainOf(thrown: unknown): unknown[] {
  const chain = [thrown];
  for (let error = thrown; chain.length < maxChain; chain.push(error)) {
    const isObject = (typeof error === "object" && error !== null) || typeof error === "function";
    error = isObject ? read(error, "cause") : undefined;
    if (error === undefined || error === null || chain.includes(error)) break;
  }
  return chain.length > maxCauses ? [...chain.slice(0, maxCauses - 2), ...chain.slice(-2)] : chain;
}

/** An error, or an object in the form of one. */
function isErrorLike(thrown: unknown): boolean {
  if (isError(thrown)) return true;
  return typeof thrown === "object" && thrown !== null && typeof read(thrown, "message") === "string";
}

/** Strings as they are, anything else as JSON. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) return JSON.stringify(toPlain(value)) ?? "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** The error's stack, whose first lines repeat a message that may be long. */
function ownStack(thrown: unknown): string {
  const stack = read(thrown, "stack");
  if (typeof stack !== "string") return isErrorLike(thrown) ? "" : shorten(ownText(thrown), maxStackHeadCharacters);
  const frames = stack.search(/\n\s+at /);
  if (frames < 0) return shorten(stack, maxStackCharacters);
  return shorten(stack.slice(0, frames), maxStackHeadCharacters) + shorten(stack.slice(frames), maxStackCharacters);
}

/** The parts as one text of at most `most` characters: the longest parts are shortened, so that none is lost. */
function fit(parts: string[], between: string, most: number): string {
  let room = most - between.length * (parts.length - 1);
  let share = room;
  const byLength = parts.map(({ length }) => length).sort((one, other) => one - other);
  for (const [index, length] of byLength.entries()) {
    share = Math.floor(room / (byLength.length - index));
    if (length > share) break;
    room -= length;
  }
  return parts.map((part) => shorten(part, Math.max(share, 40))).join(between);
}
