const acts = new Set<() => void>();

// One listener for all: Node takes more than ten of an event for a leak, and clouds of many regions need more acts.
process.on("exit", () => acts.forEach((act) => act()));

/** Has something done when this process ends, unless the returned function is called first. */
export function atExit(act: () => void): () => void {
  acts.add(act);
  return () => void acts.delete(act);
}
