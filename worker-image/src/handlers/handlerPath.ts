import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

const extensions = [".js", ".cjs", ".mjs"];

/** The handler module's file: an absolute path as it is, else a module of that name in the folder. */
export function findHandler(handler: string, folder: string): string {
  const candidates = path.isAbsolute(handler)
    ? ["", ...extensions].map((extension) => handler + extension)
    : extensions.map((extension) => path.join(folder, handler + extension));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  if (path.isAbsolute(handler)) throw new Error(`There is no handler module at ${handler}`);
  throw new Error(`There is no handler "${handler}": expected ${candidates[0]}. ${whatIsThere(folder)}`);
}

function whatIsThere(folder: string): string {
  if (!existsSync(folder)) return "That folder doesn't exist";
  const modules = readdirSync(folder).filter((file) => extensions.includes(path.extname(file)));
  const names = modules.map((file) => path.parse(file).name).sort();
  return names.length > 0 ? `Handlers there: ${names.join(", ")}` : "That folder holds no handler";
}
