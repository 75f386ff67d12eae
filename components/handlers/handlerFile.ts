import { statSync } from "node:fs";
import { resolve } from "node:path";

/** Extensions that a handler's path may leave out, in the order in which they are tried. */
export const handlerExtensions = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/** True if `handler` is the path of a file; any other text names a module of the worker image. */
export function isHandlerPath(handler: unknown): handler is string {
  return typeof handler === "string" && /^(\.{0,2}\/|\.\.?$)/.test(handler);
}

/** The file that a handler's path stands for, relative to the folder; undefined if there is none. */
export function findHandlerFile(handler: string, folder = process.cwd()): string | undefined {
  const path = resolve(folder, handler);
  return ["", ...handlerExtensions].map((extension) => path + extension).find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
