import type { CommanderError } from "commander";
import { CommandError, exitCodes } from "./exitCodes";

/** Commander's errors, by code, in the words of our refusals: what was expected, and what came. */
const sentences: Record<string, [RegExp, (...parts: string[]) => string]> = {
  "commander.unknownOption": [/unknown option '(.*)'/s, (option) => `Expected an option that there is, got ${option}`],
  "commander.unknownCommand": [/unknown command '(.*)'/s, (name) => `Expected a command, got ${name}`],
  "commander.missingArgument": [/missing required argument '(.*)'/s, (name) => `Expected <${name}>, got none`],
  "commander.optionMissingArgument": [
    /option '(.*)' argument missing/s,
    (option) => `Expected a value after ${option}, got none`,
  ],
  "commander.excessArguments": [
    /too many arguments for '(.*)'\. Expected (\d+) arguments? but got (\d+)/s,
    (name, expected, got) => `Expected ${expected} argument${expected === "1" ? "" : "s"} of ${name}, got ${got}`,
  ],
  "commander.invalidArgument": [
    /(?:option|command-argument value)? ?'(.*?)'(?: argument '(.*)')? is invalid(?: for argument '(.*?)')?\. (.*?)\.?$/s,
    (name, value, argument, expected) => `${expected} as ${argument || name}, got ${JSON.stringify(value || name)}`,
  ],
};

/** Reason why the command line is invalid, as a failure to report; undefined if commander showed help instead. */
export function usageProblem({ code, message }: CommanderError): CommandError | undefined {
  if (code === "commander.help" || code === "commander.helpDisplayed") return undefined;
  const [said = "", ...more] = message.replace(/^error: /, "").split("\n(");
  const [pattern, sentence] = sentences[code] ?? [];
  const parts = pattern?.exec(said)?.slice(1);
  const suggestion = /Did you mean (?:one of )?(.*)\?\)/s.exec(more.join("\n("))?.[1];
  const problem = parts && sentence ? sentence(...parts.map((part) => part ?? "")) : said;
  const nearest = suggestion ? `; did you mean ${suggestion}?` : "";
  return new CommandError(`${problem}${nearest}`, exitCodes.usage, "See --help");
}
