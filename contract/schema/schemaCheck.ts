import type { FieldProblem } from "../check";
import { compileRule } from "./compileRule";
import type { Schema } from "./references";
import { maxSchemaDepth, pointerTo, type Run, shortened, startRun } from "./run";

/**
 * Returns the problems of a payload, by one schema; the path of each problem starts with `/payload`. One that the
 * limits leave undecided is a problem, too, unless `undecided` says otherwise.
 */
export type SchemaCheck = (payload: unknown, undecided?: FieldProblem[]) => FieldProblem[];

/**
 * Runs a task for a limited time; returns `false` if that was too short. Only patterns need it: neither the pattern
 * nor the text tells how long a match takes.
 */
export type RunWithin = (milliseconds: number, task: () => void) => boolean;

/** Bounds on the cost of one check. */
export const checkLimits = { steps: 3_000_000, milliseconds: 1_000 };

/** The problem of a schema that leads back to itself without end for one value. */
export const refersToItself = `Expected at most ${maxSchemaDepth} schemas around one another, got more: one refers to itself`;

/**
 * Makes the check of a JSON Schema of draft 2020-12 or draft-07, from the schema as data: nothing is evaluated as code.
 * `format` only annotates. It throws for an invalid reference or pattern; all else was checked when the type was
 * deployed.
 */
export function createSchemaCheck(schema: Schema, runWithin: RunWithin, limits = checkLimits): SchemaCheck {
  const { rule, hasPatterns } = compileRule(schema);
  const within: RunWithin = hasPatterns ? runWithin : (_milliseconds, task) => (task(), true);

  /** True if the payload fits; undefined if the limits don't suffice to decide. */
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

  return function check(payload, undecided) {
    const run = startRun(limits.steps, undefined);
    const fits = judge(run, payload);
    if (fits === true) return [];
    if (fits === undefined) return undecided ?? [costProblem(run, limits)];
    // A second time for the reasons, which are rarely needed.
    const problems: FieldProblem[] = [];
    judge(startRun(limits.steps, problems), payload);
    return problems.length > 0 ? problems : [{ path: "/payload", message: "The value must be as the schema says" }];
  };
}

/** Describes why and where a check was stopped. */
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
