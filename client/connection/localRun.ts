import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { type LocalRun, localRunFolder, parseLocalRun } from "../../contract/localRun";
import { isOnThisMachine } from "./origin";

/**
 * Reads the file that the local cloud at an HTTP API's URL left for its owner; undefined if there is no such file.
 *
 * @throws Error if another user may have written the file, or may read it.
 */
export function readLocalRun(url: URL): LocalRun | undefined {
  return isOnThisMachine(url) ? read(`${url.port || "80"}.json`) : undefined;
}

/** Reads the same file by the address of the AWS endpoint. */
export function readLocalRunOf(endpoint: URL): LocalRun | undefined {
  if (!isOnThisMachine(endpoint)) return undefined;
  return filesThere()
    .map(read)
    .find((run) => run && new URL(run.endpoint).port === endpoint.port);
}

function filesThere(): string[] {
  return orNothing(() => readdirSync(folder())) ?? [];
}

function read(name: string): LocalRun | undefined {
  const path = `${folder()}/${name}`;
  const file = orNothing(() => openSync(path, "r"));
  if (file === undefined) return undefined;
  try {
    const { uid, mode } = fstatSync(file);
    const isMine = process.getuid === undefined || uid === process.getuid();
    if (!isMine || (process.platform !== "win32" && (mode & 0o077) !== 0)) {
      const got = `mode ${(mode & 0o777).toString(8)} of user ${uid}`;
      throw new Error(`Expected ${path} as a file that you alone may read and write, got ${got}`);
    }
    return parseLocalRun(readFileSync(file, "utf8"));
  } finally {
    closeSync(file);
  }
}

function folder(): string {
  return localRunFolder(process.env, homedir());
}

function orNothing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
