import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type LocalRun, localRunFolder, parseLocalRun } from "../contract/localRun";
import { atExit } from "./atExit";
import { isAlive } from "./processes";

/** Functions that remove this process's files, by their paths. */
const removals = new Map<string, () => void>();

/**
 * Describes an HTTP API for its owner's own programs, in a file of mode 0600 that is named after its port, in place of
 * an earlier one. The returned function removes it; so does the end of the process, or the next start after a crash.
 */
export function writeRunFile(run: LocalRun): () => void {
  const folder = localRunFolder(process.env, homedir());
  const path = join(folder, `${new URL(run.url).port}.json`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeOrphans(folder);
  // A reader sees all of it, or all of the earlier one.
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(run)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
  return removals.get(path) ?? removalOf(path);
}

function removalOf(path: string): () => void {
  const remove = () => {
    leave();
    removals.delete(path);
    rmSync(path, { force: true });
  };
  const leave = atExit(remove);
  removals.set(path, remove);
  return remove;
}

function removeOrphans(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const pid = /\.json\.(\d+)$/.exec(name)?.[1] ?? parseLocalRun(textOf(path))?.pid;
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path, { force: true });
  }
}

/** It may be gone by now. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
