import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder, packageRoot } from "./packageFolder";

/** The optional packages that the local cloud needs and that aren't installed, as `name@version`. */
export function missingPackages(): string[] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    optionalDependencies?: Record<string, string>;
  };
  return Object.entries(manifest.optionalDependencies ?? {}).flatMap(([name, version]) => {
    try {
      packageFolder(name);
      return [];
    } catch {
      return [`${name}@${version}`];
    }
  });
}
