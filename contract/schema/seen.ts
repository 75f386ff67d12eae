import type { Seen } from "./rule";
import type { Run } from "./run";

export function startSeen(): Seen {
  return { keys: new Set(), items: new Set() };
}

/** Adds the parts that a fitting schema has evaluated to those of the schema around it. */
export function addSeen(from: Seen, to: Seen, run: Run): void {
  run.spend(from.keys.size + from.items.size);
  for (const key of from.keys) to.keys.add(key);
  for (const item of from.items) to.items.add(item);
}

/** Applies a rule to a value without recording problems. */
export function judgeSilently(run: Run, judge: () => boolean): boolean {
  const { problems } = run;
  run.problems = undefined;
  const fits = judge();
  run.problems = problems;
  return fits;
}
