import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

const extensions = [".js", ".cjs", ".mjs"];

/** The handler module's file: an absolute path as it is, else the first module of that name in the folders. */
export function findHandler(handler: string, folders: string[]): string {
  const candidates = path.isAbsolute(handler)
    ? ["", ...extensions].map((extension) => handler + extension)
    : folders.flatMap((folder) => extensions.map((extension) => path.join(folder, handler + extension)));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  if (path.isAbsolute(handler)) throw new Error(`There is no handler module at ${handler}`);
  const there = folders.map(whatIsThere).join("; ");
  throw new Error(`There is no handler "${handler}": expected ${candidates[0]}. ${there}`);
}

function whatIsThere(folder: string): string {
  if (!existsSync(folder)) return `There is no folder ${folder}`;
  const modules = readdirSync(folder).filter((file) => extensions.includes(path.extname(file)));
  const names = modules.map((file) => path.parse(file).name).sort();
  return names.length > 0 ? `Handlers in ${folder}: ${names.join(", ")}` : `${folder} holds no handler`;
}
