import * as pulumi from "@pulumi/pulumi";

/** By stack, or by the parent that components were given: the component that each prefix of names belongs to. */
const claims = new WeakMap<pulumi.Resource, Map<string, string>>();

/**
 * Takes a prefix for the names of each processor's resources. A URN holds the types of a resource's parents and not
 * their names: type "a-b" of component "jobs" and type "b" of component "jobs-a" would have the same ones.
 *
 * @throws `pulumi.InputPropertiesError` that names the processors whose prefix another component has.
 */
export function claimPrefixes(
  name: string,
  processors: { name: string }[],
  opts: pulumi.ComponentResourceOptions = {},
): void {
  const scope = opts.parent ?? pulumi.runtime.getStackResource();
  if (!scope) return;
  const owners = claims.get(scope) ?? new Map<string, string>();
  claims.set(scope, owners);
  const errors = processors.flatMap((processor, index) => {
    const prefix = `${name}-${processor.name}`;
    const owner = owners.get(prefix) ?? name;
    owners.set(prefix, owner);
    if (owner === name) return [];
    const reason = `Expected names of its own, got "${prefix}", which component "${owner}" has: rename the type or the component`;
    return [{ propertyPath: `processors[${index}].name`, reason }];
  });
  if (errors.length === 0) return;
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
  throw new pulumi.InputPropertiesError({
    message: `BatchJobProcessor "${name}" shares names with another:\n${lines.join("\n")}`,
    errors,
  });
}
