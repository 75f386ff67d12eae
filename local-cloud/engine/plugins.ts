import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Packages whose plugins the local cloud stands for: those that the program uses, and those that awsx brings along. */
export const packages = ["aws", "awsx", "docker", "docker-build", "random"];

/** A section `plugins` of a Pulumi.yaml, as JSON. */
export interface Plugins {
  providers: { name: string; path: string }[];
}

/**
 * Makes a folder of plugins that stand for the providers, and gives the section `plugins` of the Pulumi.yaml that names
 * them. The engine starts a plugin for each of its runs and asks it for a port: each names the one server that has the
 * cloud, and ends with the engine.
 */
export function writePlugins(folder: string, port: number): Plugins {
  const script = `#!/bin/sh
echo ${port}
while kill -0 $PPID 2>/dev/null; do sleep 1; done
`;
  mkdirSync(folder, { recursive: true });
  for (const name of packages) writeFileSync(join(folder, `pulumi-resource-${name}`), script, { mode: 0o755 });
  return { providers: packages.map((name) => ({ name, path: folder })) };
}
