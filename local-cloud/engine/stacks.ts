import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Properties } from "../properties";

/**
 * Writes a stack into the folder of a file backend, as `pulumi stack init` does, with nothing but outputs. `name`:
 * `organization/project/stack`.
 */
export function writeStack(folder: string, name: string, outputs: Properties = {}): void {
  const [, project, stack] = name.split("/");
  const type = "pulumi:pulumi:Stack";
  const root = { urn: `urn:pulumi:${stack}::${project}::${type}::${project}-${stack}`, custom: false, type, outputs };
  const manifest = { time: new Date(0).toISOString(), magic: "", version: "" };
  const latest = Object.keys(outputs).length > 0 ? { manifest, resources: [root] } : undefined;
  const file = join(folder, ".pulumi", "stacks", `${project}/${stack}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(join(folder, ".pulumi", "meta.yaml"), "version: 1\n");
  writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { stack: name, latest } }));
}
