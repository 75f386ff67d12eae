import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { errorFields, type Log } from "../../../contract/log";

const prefix = "batch-job-worker-";

/**
 * An empty folder for each attempt, private to its user, below a folder of this worker. The folders of earlier workers
 * are removed at the start.
 */
export class JobFolders {
  private base?: string;

  /** @param root folder with enough room: a volume of the instance, or the system's temporary folder */
  constructor(
    readonly root: string,
    private readonly log: Log,
  ) {}

  /** Rejects if nothing can be written. */
  async start(): Promise<void> {
    if (this.base !== undefined) return;
    mkdirSync(this.root, { recursive: true });
    // Resolves links, since the system names a process's working folder without them.
    this.base = mkdtempSync(path.join(realpathSync(this.root), `${prefix}${process.pid}-`));
    await Promise.all(this.leftovers().map((folder) => this.remove(folder)));
  }

  /** A file beside the folders of the attempts. */
  fileName(): string {
    return path.join(this.base!, `.${randomBytes(6).toString("hex")}`);
  }

  create(): string {
    const folder = path.join(this.base!, randomBytes(6).toString("hex"));
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }

  /** Never rejects: files that can't be removed are logged, and the next worker removes them. */
  async remove(folder: string): Promise<void> {
    const options = { recursive: true, force: true, maxRetries: 2 };
    try {
      await rm(folder, options);
    } catch {
      // A job may have made its own folder unwritable.
      openFolders(folder);
      await rm(folder, options).catch((error: unknown) => {
        this.log("warn", "folder-not-removed", { folder, ...errorFields(error) });
      });
    }
  }

  async close(): Promise<void> {
    if (this.base !== undefined) await this.remove(this.base);
    this.base = undefined;
  }

  /** Folders of dead workers of this user; one with this process's id is from an earlier start of the container. */
  private leftovers(): string[] {
    const root = path.dirname(this.base!);
    return readdirSync(root)
      .map((name) => path.join(root, name))
      .filter((folder) => {
        const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(path.basename(folder))?.[1]);
        if (!pid || folder === this.base || (pid !== process.pid && isRunning(pid))) return false;
        const found = lstatSync(folder, { throwIfNoEntry: false });
        return found !== undefined && found.isDirectory() && found.uid === process.getuid?.();
      });
  }
}

function openFolders(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) openFolders(path.join(folder, entry.name));
    }
  } catch {
    // The removal reports the problem.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
