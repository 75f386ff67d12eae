/**
 * Builds resources with stack traces of no lines.
 *
 * Pulumi takes a stack trace for each of the promises behind a resource's properties, some 60 per resource, only to
 * name those that a program leaks. At ten lines each they are about half the time of building the resources: see
 * docs/decisions/0004-short-stack-traces.md.
 */
export function withShortStacks<T>(build: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return build();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
