import type { FieldProblem } from "../check";
import { compileRule } from "./compileRule";
import type { Schema } from "./references";
import { maxSchemaDepth, pointerTo, type Run, shortened, startRun } from "./run";

/** What is wrong with a payload, by one schema; the path of each problem starts with `/payload`. */
export type SchemaCheck = (payload: unknown) => FieldProblem[];

/**
 * Runs a task for some time at the most; gives `false` where that was too little. Only patterns need it: how long one takes
 * on a text can't be told from either.
 */
export type RunWithin = (milliseconds: number, task: () => void) => boolean;

/** How much one check may cost. */
export const checkLimits = { steps: 3_000_000, milliseconds: 1_000 };

/** The problem of a schema that, for one value, leads through itself without end. */
export const refersToItself = `Expected at most ${maxSchemaDepth} schemas around one another, got more: one refers to itself`;

/**
 * Makes the check of a JSON Schema of draft 2020-12 or draft-07, from the schema as data: nothing is evaluated as code.
 * `format` only annotates. It throws where a reference or a pattern is none; all else was checked when the type was deployed.
 */
export function createSchemaCheck(schema: Schema, runWithin: RunWithin, limits = checkLimits): SchemaCheck {
  const { rule, hasPatterns } = compileRule(schema);
  const within: RunWithin = hasPatterns ? runWithin : (_milliseconds, task) => (task(), true);

  /** Whether the payload fits; nothing where that can't be told within the limits. */
  function judge(run: Run, payload: unknown): boolean | undefined {
    let fits: boolean | undefined;
    within(limits.milliseconds, () => {
      try {
        fits = rule(payload, run, undefined);
      } catch (error) {
        if (run.steps >= 0) throw error;
      }
    });
    return fits;
  }

  return function check(payload) {
    const run = startRun(limits.steps, undefined);
    const fits = judge(run, payload);
    if (fits === true) return [];
    if (fits === undefined) return [costProblem(run, limits)];
    // A second time for the reasons, of which few are ever wanted.
    const problems: FieldProblem[] = [];
    judge(startRun(limits.steps, problems), payload);
    return problems.length > 0 ? problems : [{ path: "/payload", message: "The value must be as the schema says" }];
  };
}

/** Says why a check was given up, and where. */
function costProblem({ path, pattern, depth, steps }: Run, limits: typeof checkLimits): FieldProblem {
  const within = (what: string) => ({
    path: pointerTo(path),
    message: `Expected ${what} within ${limits.milliseconds} ms`,
  });
  if (depth > maxSchemaDepth) return { path: pointerTo(path), message: refersToItself };
  if (pattern !== undefined)
    return within(`a text that matches or fails pattern ${shortened(JSON.stringify(pattern), 300)}`);
  if (steps >= 0) return within("a payload that can be checked by its type's schema");
  const message = `Expected a payload that its type's schema checks in ${limits.steps} steps, got one that takes more`;
  return { path: pointerTo(path), message };
}
