import { createRequire } from "node:module";
import { sep } from "node:path";

/** True for a file of an installed package. */
export function isInstalled(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`);
}

/**
 * Drops the changed files from Node's cache, and the program's files that require them, so that they are read again
 * when the program runs next.
 */
export function forgetModules(entry: string, changed: Iterable<string>): void {
  const modules = modulesOf(entry);
  const { cache } = createRequire(entry);
  const stale = [...changed];
  for (const file of stale) {
    delete cache[file];
    for (const [parent, { children }] of modules) {
      if (!stale.includes(parent) && children.some(({ filename }) => filename === file)) stale.push(parent);
    }
  }
}

function modulesOf(entry: string): Map<string, NodeJS.Module> {
  const { cache } = createRequire(entry);
  const found = new Map<string, NodeJS.Module>();
  const visit = (module: NodeJS.Module | undefined) => {
    if (!module || found.has(module.filename) || isInstalled(module.filename)) return;
    found.set(module.filename, module);
    module.children.forEach(visit);
  };
  visit(cache[entry]);
  return found;
}
