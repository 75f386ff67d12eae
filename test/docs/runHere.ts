import type { ShellCommand } from "./shellCommands";

/** Examples whose commands `test:docs` runs, each against the example's own stack. */
export const examples = ["commands", "files", "minimal", "thumbnails"] as const;

/**
 * The stack that a document's commands speak of: the repository's own, or an example's; undefined if none runs here.
 */
export function stackOf(file: string): string | undefined {
  const example = /^examples\/([^/]+)\//.exec(file)?.[1];
  if (example === undefined) return "own";
  return examples.find((name) => name === example);
}

/** Commands that ask at a terminal, or need two regions. */
const needsMore = /^batch-jobs (retry --type|drill) /;

/** True if `test:docs` runs the command, against a stack on this machine. */
export function isRunHere({ file, text }: ShellCommand): boolean {
  if (stackOf(file) === undefined || needsMore.test(text)) return false;
  return /^(npx )?batch-jobs |^curl -s |^export BATCH_JOBS_URL=|^npm start/.test(text);
}
