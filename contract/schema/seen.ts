import type { Seen } from "./rule";
import type { Run } from "./run";

export function startSeen(): Seen {
  return { keys: new Set(), items: new Set() };
}

/** Adds what a schema that fits has evaluated to what the one around it has. */
export function addSeen(from: Seen, to: Seen, run: Run): void {
  run.spend(from.keys.size + from.items.size);
  for (const key of from.keys) to.keys.add(key);
  for (const item of from.items) to.items.add(item);
}

/** Tells whether a rule takes a value, without a word on what is wrong with it. */
export function judgeSilently(run: Run, judge: () => boolean): boolean {
  const { problems } = run;
  run.problems = undefined;
  const fits = judge();
  run.problems = problems;
  return fits;
}
