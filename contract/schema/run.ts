import { describe, type FieldProblem } from "../check";

/** One check of one payload: the rest of its budget, its position, and its findings. */
export interface Run {
  /** Steps left; a step is about one keyword applied, one item compared or 32 characters read. */
  steps: number;
  /** Schemas around the present one, by nesting of the payload and by references. */
  depth: number;
  /** Keys from the payload to the present value. */
  path: (string | number)[];
  /** The pattern being matched. */
  pattern: string | undefined;
  /** True if the present value is a property's name. */
  isName: boolean;
  /** Undefined if only the verdict is asked for; rules then stop at the first problem. */
  problems: FieldProblem[] | undefined;
  /** Schema resources from the outermost to the present one: `$dynamicRef` searches them. */
  scope: object[];
  /** Subtracts steps from the budget; throws if none are left. */
  spend: (steps: number) => void;
  /** Records a problem of the present value, or of its property `key`, if problems are asked for. */
  fail: (message: string, value?: unknown, key?: string) => false;
  /** True if the check can stop after a problem. */
  isOver: () => boolean;
}

/** Problems that one check finds, at most. */
export const maxProblems = 20;

/** Nested schemas, at most; a payload has at most 64 levels. */
export const maxSchemaDepth = 500;

export function startRun(steps: number, problems: FieldProblem[] | undefined): Run {
  const run: Run = {
    steps,
    depth: 0,
    path: [],
    pattern: undefined,
    isName: false,
    problems,
    scope: [],
    spend(count) {
      run.steps -= count;
      if (run.steps < 0) throw new Error("The check is over its budget");
    },
    fail(message, value, key) {
      if (run.problems && run.problems.length < maxProblems) {
        const path = pointerTo(key === undefined ? run.path : [...run.path, key]);
        run.problems.push({ path, message: key === undefined ? textOf(message, value, run.isName) : message });
      }
      return false;
    },
    isOver: () => !run.problems || run.problems.length >= maxProblems,
  };
  return run;
}

/** The JSON pointer to a value of the payload, cut if keys are longer than an answer can hold. */
export function pointerTo(path: (string | number)[]): string {
  const keys = path.map((key) => String(key).replace(/~/g, "~0").replace(/\//g, "~1"));
  return shortened(["/payload", ...keys].join("/"), 1_000);
}

/** A text's beginning, if the text is longer. */
export function shortened(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

function textOf(message: string, value: unknown, isName: boolean): string {
  return `The ${isName ? "property's name" : "value"} ${shortened(message, 300)}, got ${describe(value)}`;
}
