import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { sep } from "node:path";
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
  return runsThere().find((run) => new URL(run.endpoint).port === endpoint.port);
}

/** Reads the files of the HTTP APIs that run on this machine for the project around that folder, the nearest one. */
export function readLocalRunsAround(folder: string): LocalRun[] {
  const depth = (run: LocalRun) =>
    run.folder !== undefined && `${folder}${sep}`.startsWith(`${run.folder}${sep}`) ? run.folder.length : -1;
  const running = runsThere().filter((run) => depth(run) >= 0 && isAlive(run.pid));
  const nearest = Math.max(...running.map(depth));
  return running.filter((run) => depth(run) === nearest);
}

/** A killed cloud leaves its files. */
function isAlive(pid: number): boolean {
  return orNothing(() => process.kill(pid, 0)) ?? false;
}

function runsThere(): LocalRun[] {
  const names = orNothing(() => readdirSync(folder())) ?? [];
  return names.filter((name) => name.endsWith(".json")).flatMap((name) => read(name) ?? []);
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
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
