import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

interface Manifest {
  version?: string;
  type?: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** SDKs that the component uses, whatever the program's own package.json says. */
const sdks = ["@pulumi/aws", "@pulumi/awsx"];

/**
 * The local cloud stands in for the engine in its own copy of Pulumi's runtime. Another copy, be it the program's or
 * that of an SDK, would look for a real engine, or take this one's outputs for something else.
 */
export function expectOnePulumi(entry: string, own = __filename): void {
  /** Users of each copy, by the copy's folder. */
  const users = new Map<string, string[]>();
  const visited = new Set<string>();

  function visit(from: string, who: string, names: string[]): void {
    const copy = folderOf("@pulumi/pulumi", from);
    if (copy !== undefined) users.set(copy, [...new Set([...(users.get(copy) ?? []), who])]);
    for (const name of names) {
      const folder = folderOf(name, from);
      if (folder === undefined || visited.has(folder)) continue;
      visited.add(folder);
      const manifest = join(folder, "package.json");
      visit(manifest, name, pulumiNames(readManifest(manifest)));
    }
  }

  if (folderOf("@pulumi/pulumi", entry) === undefined) {
    throw new Error(`Expected @pulumi/pulumi to be installed for ${entry}, found none: npm install @pulumi/pulumi`);
  }
  visit(entry, "the program", [...sdks, ...pulumiNames(nearestManifest(entry))]);
  visit(own, "batch-job-processor", sdks);
  if (users.size === 1) return;
  const copies = [...users].map(([folder, names]) => {
    const { version } = readManifest(join(folder, "package.json"));
    return `${version} for ${names.join(", ")} (${folder})`;
  });
  throw new Error(
    `Expected one @pulumi/pulumi for the program, its SDKs and the local cloud, got ${copies.join(" and ")}: ` +
      'try npm dedupe, or pin it in package.json by "overrides" (npm, pnpm) or "resolutions" (yarn), ' +
      "and install batch-job-processor instead of linking it",
  );
}

/** Of the packages that it needs, those that may use Pulumi's runtime. */
function pulumiNames({ dependencies, peerDependencies }: Manifest): string[] {
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  return names.filter((name) => name.startsWith("@pulumi/") && name !== "@pulumi/pulumi");
}

/** The real folder of a package, as a module of that place finds it. */
function folderOf(name: string, from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The package.json of the package that a module is in; empty without one. */
export function nearestManifest(entry: string): Manifest {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    try {
      return readManifest(join(folder, "package.json"));
    } catch {
      if (folder === dirname(folder)) return {};
    }
  }
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}
