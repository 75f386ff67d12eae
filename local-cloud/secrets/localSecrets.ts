import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isObject } from "../../contract/check";

/** The file beside Pulumi.yaml with the values of secrets in local runs: `VARIABLE: value`. */
export const localSecretsFile = ".local-secrets.yaml";

/**
 * The values of a project's secrets by variable; empty without the file.
 *
 * @throws Error if others may read the file, git would add it, or it is invalid. No message contains a value.
 */
export function readLocalSecrets(folder: string): Record<string, string> {
  const file = join(folder, localSecretsFile);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) return {};
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw new Error(`${file}: Expected a file that only you may read, mode 0600, got ${mode}: chmod 600 ${file}`);
  }
  expectIgnored(folder, file);
  const document = parseFile(file);
  for (const [name, value] of Object.entries(document)) {
    if (typeof value !== "string")
      throw new Error(`${file}: Expected ${name} as a text, in quotes where it looks like another`);
  }
  return document as Record<string, string>;
}

/** Without git, or a repository, nothing adds it. */
function expectIgnored(folder: string, file: string): void {
  const { status } = spawnSync("git", ["check-ignore", "--quiet", "--", file], { cwd: folder, stdio: "ignore" });
  if (status === 1)
    throw new Error(`${file}: Expected a file that git ignores, got one that it would take in: add it to .gitignore`);
}

/** The parser's own messages show lines of the file. */
function parseFile(file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(readFileSync(file, "utf8"), { logLevel: "error" }) as unknown;
  } catch (error) {
    const [{ line }] = (error as { linePos?: [{ line: number }] }).linePos ?? [{ line: undefined }];
    // eslint-disable-next-line preserve-caught-error -- its message shows the lines
    throw new Error(`${file}: Expected YAML, VARIABLE: value${line === undefined ? "" : `; line ${line} is none`}`);
  }
  if (document === null) return {};
  if (!isObject(document)) throw new Error(`${file}: Expected YAML, VARIABLE: value`);
  return document;
}
