import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const written: string[] = [];

/** A new folder with these files, by path; objects are written as JSON. `removeWrittenFolders` removes it. */
export function writtenFolder(files: Record<string, string | object>, prefix = "written "): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  written.push(folder);
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

export function removeWrittenFolders(): void {
  for (const folder of written.splice(0)) rmSync(folder, { recursive: true, force: true });
}
