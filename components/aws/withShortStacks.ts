/**
 * Builds resources with stack traces of one line.
 *
 * Pulumi takes a stack trace for each of the promises behind a resource's properties, some 60 for each resource, only to
 * name them if the program leaks one. Ten lines each are about half of what building a processor's resources takes: see
 * docs/decisions/0004-short-stack-traces.md.
 */
export function withShortStacks<T>(build: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  try {
    return build();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
