import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isObject } from "../../contract/check";
import { readYaml } from "./readYaml";
import { settingText, type StackConfig } from "./stackConfig";

/** A Pulumi project: a folder with a Pulumi.yaml. */
export interface Project {
  folder: string;
  name: string;
  /** Pulumi's name of the program's language, such as `nodejs`, `python` or `yaml`. */
  runtime: string;
  /** The program's module, or its folder in another language than Node's. */
  entry: string;
  /** The program's working folder, as in Pulumi: the folder of `main`. */
  workingFolder: string;
  /** The project's own `config` for all its stacks. */
  config: StackConfig;
  /** Folder of the stacks' files. */
  stackFolder: string;
  /** For TypeScript programs; need not exist. */
  tsConfig: string;
}

const names = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/**
 * The project of a folder, or of the nearest one above that has one, as the Pulumi CLI finds it.
 *
 * @throws Error that says what is missing, or unsupported by the local cloud
 */
export function findProject(from: string): Project {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = names.map((name) => join(folder, name)).find(existsSync);
    if (file) return readProject(folder, file);
    if (folder === dirname(folder)) throw new Error(`Expected a Pulumi.yaml in ${resolve(from)} or above, found none`);
  }
}

function readProject(folder: string, file: string): Project {
  const document = readObject(file);
  const { name, main } = document;
  if (typeof name !== "string") throw new Error(`${file}: Expected name as a text, got ${JSON.stringify(name)}`);
  if (main !== undefined && typeof main !== "string") {
    throw new Error(`${file}: Expected main as a path, got ${JSON.stringify(main)}`);
  }
  const { runtime, tsconfig } = readRuntime(file, document.runtime);
  const path = resolve(folder, main ?? ".");
  const entry = runtime === "nodejs" ? findEntry(path) : path;
  if (!entry) throw new Error(`${file}: Expected the program at ${main ?? "index.js or index.ts"}, found none`);
  const workingFolder = main === undefined ? folder : isFolder(path) ? path : dirname(entry);
  const tsConfig = resolve(workingFolder, typeof tsconfig === "string" ? tsconfig : "tsconfig.json");
  const stackFolder = resolve(folder, typeof document.stackConfigDir === "string" ? document.stackConfigDir : ".");
  const config = projectConfig(file, name, document.config);
  return { folder, name, runtime, entry, workingFolder, stackFolder, tsConfig, config };
}

function readObject(file: string): Record<string, unknown> {
  const document = readYaml(file);
  if (isObject(document)) return document;
  throw new Error(`${file}: Expected an object, got ${JSON.stringify(document)}`);
}

function readRuntime(file: string, stated: unknown): { runtime: string; tsconfig?: unknown } {
  const { name, options } = isObject(stated) ? stated : { name: stated, options: {} };
  if (typeof name !== "string") throw new Error(`${file}: Expected runtime as a text, got ${JSON.stringify(name)}`);
  return { runtime: name, ...(isObject(options) && { tsconfig: options.tsconfig }) };
}

/** The module at a path: a file, or a folder's `main` or index. */
function findEntry(path: string): string | undefined {
  if (!isFolder(path)) return existsSync(path) ? path : undefined;
  const manifest = join(path, "package.json");
  const { main } = existsSync(manifest) ? readObject(manifest) : {};
  const candidates = ["index.js", "index.ts", "index.mjs", "index.cjs"].map((name) => join(path, name));
  const stated = typeof main === "string" ? join(path, main) : undefined;
  return [...(stated ? [stated, join(stated, "index.js")] : []), ...candidates].find(
    (file) => existsSync(file) && !isFolder(file),
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A setting is a value, or an object with the `value`, or with its type and `default`. */
function projectConfig(file: string, project: string, config: unknown): StackConfig {
  const settings: StackConfig = {};
  for (const [key, setting] of Object.entries(isObject(config) ? config : {})) {
    const value = isObject(setting) ? (setting.value ?? setting.default) : setting;
    if (value !== undefined && value !== null) {
      settings[key.includes(":") ? key : `${project}:${key}`] = settingText(file, key, value);
    }
  }
  return settings;
}
