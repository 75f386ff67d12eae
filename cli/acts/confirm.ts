import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { CommandError, usageError } from "../exitCodes";
import { oneLine } from "../output/printable";

/** Checks that the user can be asked. @throws CommandError if standard input is no terminal. */
export function expectYes(act: string, hint?: string): void {
  if (process.stdin.isTTY) return;
  throw usageError(`Expected --yes to ${act}, since standard input is no terminal to ask at`, hint);
}

/** Asks at the terminal. @throws CommandError unless the answer is yes. */
export async function confirm(question: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = once(terminal, "close").then(() => "");
  const answer = await Promise.race([terminal.question(`${oneLine(question)} [y/N] `), closed]);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError("Nothing was done");
}
