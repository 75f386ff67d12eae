import Module, { createRequire } from "node:module";

const requireOfPulumi = createRequire(require.resolve("@pulumi/pulumi"));

/**
 * Has npm's arborist loaded at its first use. Pulumi's SDK, which needs it for the packages of functions that are
 * closures alone, loads it when it is loaded itself: more than half of its modules.
 */
function loadArboristLater(): void {
  const file = requireOfPulumi.resolve("@npmcli/arborist");
  let arborist: object | undefined;
  const load = () => {
    delete requireOfPulumi.cache[file];
    return (arborist ??= requireOfPulumi(file) as object);
  };
  const get = (_: object, name: string) => name === "__esModule" || (Reflect.get(load(), name) as unknown);
  requireOfPulumi.cache[file] ??= Object.assign(new Module(file), { exports: new Proxy({}, { get }), loaded: true });
}

try {
  loadArboristLater();
} catch {
  // Another version of the SDK may do without it.
}
