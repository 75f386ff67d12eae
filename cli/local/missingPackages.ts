import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** The optional packages that the local cloud needs and that aren't installed, as `name@version`. */
export function missingPackages(): string[] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    optionalDependencies?: Record<string, string>;
  };
  const isThere = (name: string) => require.resolve.paths(name)?.some((folder) => existsSync(join(folder, name)));
  return Object.entries(manifest.optionalDependencies ?? {}).flatMap(([name, version]) =>
    isThere(name) ? [] : [`${name}@${version}`],
  );
}
