import type { JobError } from "./record";

/** Characters of a key, and of the message that it is made of. */
const maxCharacters = 200;
const maxMessageCharacters = 500;

/** The kind of an error: its name and message, without quoted parts and words that have digits, such as ids. */
export function errorKeyOf({ name, message }: Pick<JobError, "name" | "message">): string {
  const kind = message
    .slice(0, maxMessageCharacters)
    .replace(/(?<!\w)(["'`“‘«])[^"'`”’»]*["'`”’»]/g, "…")
    .replace(/[\w.-]*\d[\w.-]*/g, "#")
    .replace(/\s+/g, " ");
  return `${name}: ${kind}`.slice(0, maxCharacters);
}
