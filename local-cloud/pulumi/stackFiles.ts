import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "../program/project";
import { readStackConfig, type StackConfig } from "../program/stackConfig";
import { readLocalSecrets } from "../secrets/localSecrets";
import { readStandIns, type StandIns, standInsFile } from "./standIns";

/** Contents of the files that a stack's run on this machine reads, beside the program's own. */
export interface StackFiles {
  /** Settings of the project and the stack, as `deploy` takes them. */
  config: StackConfig;
  /** Values of secrets by variable, from `.local-secrets.yaml`, as `startCloud` takes them. */
  secrets: Record<string, string>;
  /** Outputs and answers of what isn't emulated, as `deploy` takes them. */
  standIns?: StandIns;
}

/**
 * Reads the files of a project's stack. `standIns`: the file of stand-ins. @default - `local.yaml` beside Pulumi.yaml,
 * if it is there
 *
 * @throws Error that names the file, and what is missing or wrong in it.
 */
export function loadStackConfig(project: Project, stack: string, standIns?: string): StackFiles {
  const { folder, name } = project;
  const stackFile = stackFileOf(project, stack);
  const files = {
    config: { ...project.config, ...(stackFile && readStackConfig(stackFile, name)) },
    secrets: readLocalSecrets(folder),
    standIns: readStandIns(standIns ?? join(folder, standInsFile)),
  };
  if (standIns !== undefined && !files.standIns) {
    throw new Error(`Expected a file of stand-ins at ${standIns}, found none`);
  }
  return files;
}

/** Undefined if the project has none, for whichever stack: then it has no settings. */
function stackFileOf({ stackFolder }: Project, stack: string): string | undefined {
  const file = ["yaml", "yml", "json"].map((end) => join(stackFolder, `Pulumi.${stack}.${end}`)).find(existsSync);
  const others = readdirSync(stackFolder).flatMap((name) => /^Pulumi\.(.+)\.(?:ya?ml|json)$/.exec(name)?.[1] ?? []);
  if (file || others.length === 0) return file;
  const hint = others.map((name) => `--stack ${name}`).join(", ");
  throw new Error(`Expected a stack file Pulumi.${stack}.yaml in ${stackFolder}, found none; there is ${hint}`);
}
