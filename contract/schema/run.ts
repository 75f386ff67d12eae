import { describe, type FieldProblem } from "../check";

/** One check of one payload: what is left of its budget, where it stands, and what it found. */
export interface Run {
  /** Steps left; a step is about one keyword looked at, one item compared or 32 characters read. */
  steps: number;
  /** How many schemas lie around the present one, by nesting of the payload and by references. */
  depth: number;
  /** Keys from the payload to the present value. */
  path: (string | number)[];
  /** The pattern that is being matched. */
  pattern: string | undefined;
  /** Whether the present value is a property's name. */
  isName: boolean;
  /** Absent where only the verdict is asked for; rules then stop at the first problem. */
  problems: FieldProblem[] | undefined;
  /** Schema resources from the outermost to the present one: `$dynamicRef` looks there. */
  scope: object[];
  /** Takes steps off the budget; throws where none are left. */
  spend: (steps: number) => void;
  /** Records a problem of the present value, or of its property `key`, where problems are asked for. */
  fail: (message: string, value?: unknown, key?: string) => false;
  /** Whether there is no use in going on after a problem. */
  isOver: () => boolean;
}

/** Problems that one check finds at the most. */
export const maxProblems = 20;

/** Schemas around one another, at the most; a payload has at most 64 levels. */
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

/** The JSON pointer to a value of the payload, cut where keys are longer than an answer can hold. */
export function pointerTo(path: (string | number)[]): string {
  const keys = path.map((key) => String(key).replace(/~/g, "~0").replace(/\//g, "~1"));
  return shortened(["/payload", ...keys].join("/"), 1_000);
}

/** A text's beginning, where the whole is longer. */
export function shortened(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

function textOf(message: string, value: unknown, isName: boolean): string {
  return `The ${isName ? "property's name" : "value"} ${shortened(message, 300)}, got ${describe(value)}`;
}
