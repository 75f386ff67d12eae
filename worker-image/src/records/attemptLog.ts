import { bytesOf } from "../../../contract/check";
import { type LoggedAttempt } from "../../../contract/records/record";
import { cutError } from "../support/errors";
import { shortenMiddle } from "../support/text";

/** Attempts of a log, and UTF-8 bytes of its JSON. */
const maxAttempts = 10;
const maxBytes = 4_096;

/** Characters of a logged error's message: the record has the last one whole. */
const maxMessageCharacters = 200;

/** The log with one more attempt. What is too much is left out, from the oldest on: frames first, then attempts. */
export function logAttempt(log: LoggedAttempt[] = [], { error, ...attempt }: LoggedAttempt): LoggedAttempt[] {
  const cut = error && { ...cutError(error), message: shortenMiddle(error.message, maxMessageCharacters) };
  const all = [...log, { ...attempt, ...(cut && { error: cut }) }].slice(-maxAttempts);
  while (bytesOf(JSON.stringify(all)) > maxBytes) {
    const index = all.findIndex((each) => each.error?.frames);
    if (index < 0) all.shift();
    else all[index] = { ...all[index]!, error: { ...all[index]!.error!, frames: undefined } };
  }
  return all;
}
