import { consoleFile } from "../../contract/http/consoleFile";
import type { HttpAnswer } from "./httpAnswer";

interface PageRequest {
  method: string;
  /** Path within the stage. */
  path: string;
  /** Path before it. */
  base: string;
  accept?: string | undefined;
}

/** The console's page at `/console/` of an HTTP API, where its root leads a browser; undefined for other requests. */
export function answerConsole(folder: string, { method, path, base, accept }: PageRequest): HttpAnswer | undefined {
  if (method !== "GET") return undefined;
  const isBrowserAtRoot = path === "/" && accept?.includes("text/html");
  if (isBrowserAtRoot || path === "/console") {
    return { status: 302, headers: { location: `${base}/console/` }, cookies: [], body: Buffer.alloc(0) };
  }
  const file = path.startsWith("/console/") ? consoleFile(folder, path.slice("/console/".length)) : undefined;
  return file && { status: 200, ...file, cookies: [] };
}
