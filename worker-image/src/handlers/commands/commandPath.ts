import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";

/** The file of a command's name: a path as it is, else the first of that name on the PATH. */
export async function findCommand(name: string, searchPath: string | undefined): Promise<string> {
  if (name.includes("/")) {
    const problem = await problemWith(path.resolve(name));
    if (problem) throw new Error(`The command can't be run: ${path.resolve(name)} ${problem}`);
    return name;
  }
  const folders = (searchPath ?? "").split(path.delimiter).filter(Boolean);
  const problems: string[] = [];
  for (const folder of folders) {
    const file = path.join(folder, name);
    const problem = await problemWith(file);
    if (!problem) return file;
    if (problem !== missing) problems.push(`${file} ${problem}`);
  }
  const found = problems.length > 0 ? `; ${problems.join(", ")}` : "";
  throw new Error(`There is no command "${name}" in the image: looked in ${folders.join(", ") || "no folder"}${found}`);
}

const missing = "doesn't exist";

async function problemWith(file: string): Promise<string | undefined> {
  try {
    if (!(await stat(file)).isFile()) return "is no file";
    await access(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return missing;
    return code === "EACCES" ? "may not be executed" : `can't be looked at (${code})`;
  }
}
