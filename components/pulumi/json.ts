import * as pulumi from "@pulumi/pulumi";

/** The value as JSON, once its outputs are known. */
export function json(value: unknown): pulumi.Output<string> {
  return resolve(value, (known) => JSON.stringify(known));
}

/**
 * The result of `use` on the plain value, once its outputs are known. `pulumi.output` and `pulumi.jsonStringify` make
 * several promises for every leaf; this makes them only for the outputs, and once for each. An output costs
 * `pulumi.all` some 45 promises, and each `apply` 28: they are most of the time of building a type's resources that
 * isn't Pulumi's own.
 */
export function resolve<T, R>(value: T, use: (known: pulumi.Unwrap<T>) => R): pulumi.Output<pulumi.Unwrap<R>> {
  const found = new Set<unknown>();
  collect(value, found);
  const pending = [...found];
  const useResolved = (resolved: unknown[]) => {
    const known = new Map(pending.map((source, index) => [source, resolved[index]]));
    return use(replace(value, known) as pulumi.Unwrap<T>);
  };
  const [only] = pending;
  const result =
    pending.length === 1 && pulumi.Output.isInstance(only)
      ? only.apply((resolved) => useResolved([resolved]))
      : pulumi.all(pending).apply(useResolved);
  return result as pulumi.Output<pulumi.Unwrap<R>>;
}

/** True if the value is known only later. */
export function isPending(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function collect(value: unknown, pending: Set<unknown>): void {
  if (isPending(value)) pending.add(value);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach((item) => collect(item, pending));
}

function replace(value: unknown, known: Map<unknown, unknown>): unknown {
  if (isPending(value)) return known.get(value);
  if (Array.isArray(value)) return value.map((item) => replace(item, known));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, known)]));
}
