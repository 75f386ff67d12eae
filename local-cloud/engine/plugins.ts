import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Packages whose plugins the local cloud replaces: those of the program, and those that awsx uses. */
export const packages = ["aws", "awsx", "docker", "docker-build", "random"];

/** A section `plugins` of a Pulumi.yaml, as JSON. */
export interface Plugins {
  providers: { name: string; path: string }[];
}

/**
 * Makes a folder of plugins in place of the providers, and returns the section `plugins` of the Pulumi.yaml that names
 * them. The engine starts a plugin for each of its runs and reads a port from it: each names the one server with the
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
