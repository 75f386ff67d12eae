/**
 * Builds resources with stack traces of no lines.
 *
 * Pulumi takes a stack trace for each of the promises behind a resource's properties, some 60 per resource, only to
 * name those that a program leaks, and one of all frames for each resource, to say where it was made. Both cost much
 * of the time of building the resources: see docs/decisions/0004-short-stack-traces.md.
 */
export function withShortStacks<T>(build: () => T): T {
  const { stackTraceLimit } = Error;
  const prepareStackTrace: unknown = Reflect.get(Error, "prepareStackTrace");
  Object.assign(Error, { stackTraceLimit: 0, prepareStackTrace: String });
  try {
    return build();
  } finally {
    Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  }
}
