import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file of the console's page, and the headers to serve it with. */
export interface ConsoleFile {
  headers: Record<string, string>;
  body: Buffer;
}

/** Name and content type by the path below `console/`. */
const files: Record<string, [name: string, contentType: string]> = {
  "": ["index.html", "text/html; charset=utf-8"],
  "console.js": ["console.js", "text/javascript; charset=utf-8"],
  "console.css": ["console.css", "text/css; charset=utf-8"],
};

const headers = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The file of the page in the folder; undefined if the page has none at this path below `console/`. */
export function consoleFile(folder: string, path: string): ConsoleFile | undefined {
  if (!Object.hasOwn(files, path)) return undefined;
  const [name, contentType] = files[path]!;
  return { headers: { "content-type": contentType, ...headers }, body: readFileSync(join(folder, name)) };
}
