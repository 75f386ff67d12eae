import * as pulumi from "@pulumi/pulumi";

/** The value as JSON, once its outputs are known. */
export function json(value: unknown): pulumi.Output<string> {
  return (resolve(value) as pulumi.Output<unknown>).apply((resolved) => JSON.stringify(resolved));
}

/**
 * The plain value, once its outputs are known. `pulumi.output` and `pulumi.jsonStringify` make several promises
 * for every leaf; this makes them only for the outputs.
 */
export function resolve<T>(value: T): pulumi.Output<pulumi.Unwrap<T>> {
  const pending: unknown[] = [];
  collect(value, pending);
  return pulumi.all(pending).apply((resolved) => {
    const known = new Map(pending.map((source, index) => [source, resolved[index] as unknown]));
    return replace(value, known) as pulumi.Unwrap<T>;
  });
}

/** True if the value is known only later. */
export function isPending(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function collect(value: unknown, pending: unknown[]): void {
  if (isPending(value)) pending.push(value);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach((item) => collect(item, pending));
}

function replace(value: unknown, known: Map<unknown, unknown>): unknown {
  if (isPending(value)) return known.get(value);
  if (Array.isArray(value)) return value.map((item) => replace(item, known));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, known)]));
}
