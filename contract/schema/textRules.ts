import type { MakeRules, Rule } from "./rule";
import type { Run } from "./run";

/** Rules of `minLength`, `maxLength` and `pattern`. */
export const makeTextRules: MakeRules<string> = ({ minLength, maxLength, pattern }, _resource, compilation) => {
  const rules: Rule<string>[] = [];
  if (typeof minLength === "number" || typeof maxLength === "number") {
    rules.push(lengthRule(minLength as number | undefined, maxLength as number | undefined));
  }
  if (typeof pattern === "string") {
    compilation.hasPatterns = true;
    const matches = matcher(pattern);
    const message = `must match pattern ${JSON.stringify(pattern)}`;
    rules.push((value, run) => matches(value, run) || run.fail(message, value));
  }
  return rules;
};

/** Matches texts against a pattern, which the run notes meanwhile: a time limit may end the run during the match. */
export function matcher(pattern: string): (text: string, run: Run) => boolean {
  const expression = new RegExp(pattern, "u");
  return (text, run) => {
    run.spend(1 + (text.length >> 5));
    run.pattern = pattern;
    const matches = expression.test(text);
    run.pattern = undefined;
    return matches;
  };
}

/** Lengths count characters, not the one or two code units that each takes in JavaScript. */
function lengthRule(least = 0, most = Infinity): Rule<string> {
  const tooShort = `must have at least ${least} characters`;
  const tooLong = `must have at most ${most} characters`;
  return (value, run) => {
    const units = value.length;
    if (units < least) return run.fail(tooShort, value);
    if (units <= most && units >= least * 2) return true;
    if (units > most * 2) return run.fail(tooLong, value);
    run.spend(units >> 5);
    let pairs = 0;
    for (let index = 0; index < units - 1; index++) {
      if ((value.charCodeAt(index) & 0xfc_00) !== 0xd8_00 || (value.charCodeAt(index + 1) & 0xfc_00) !== 0xdc_00)
        continue;
      pairs++;
      index++;
    }
    if (units - pairs < least) return run.fail(tooShort, value);
    return units - pairs <= most || run.fail(tooLong, value);
  };
}
