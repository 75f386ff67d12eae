import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./processes";

/** Containers may share the folder, but not the process ids. */
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
const ownName = /^batch-job-processor-([0-9a-f]{6})-(\d+)-/;

/**
 * A temporary folder of this process, private to its owner. Removes the folders that killed processes of this machine
 * left behind.
 */
export function temporaryFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const [, where, pid] = ownName.exec(name) ?? [];
    if (where === host && !isAlive(Number(pid))) remove(join(tmpdir(), name));
  }
  return mkdtempSync(join(tmpdir(), `batch-job-processor-${host}-${process.pid}-`));
}

/** Another user's can't be removed, and is that user's to remove. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The next start tries again.
  }
}
