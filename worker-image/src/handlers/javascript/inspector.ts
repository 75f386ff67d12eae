import inspector from "node:inspector";
import path from "node:path";
import { sourceScheme } from "../../../../contract/handlers/handlerBundle";
import { type HandlerSource } from "./handlerMessages";

/**
 * Opens the inspector on the first free port from the one given on, on the loopback interface; a debugger that attaches
 * by itself has opened it already.
 */
export function openInspector(port: number): void {
  for (; inspector.url() === undefined && port < 65_536; port++) inspector.open(port, "127.0.0.1");
}

/** Time in which a debugger that attached by itself sets its breakpoints, before the first job. */
const breakpointMilliseconds = 2_000;

export function timeForBreakpoints(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, breakpointMilliseconds));
}

const mapStart = "//# sourceMappingURL=data:application/json;base64,";

/**
 * The handler as debuggers bind breakpoints in its source files: in the program's folder, outside of which they read no
 * source maps, and with a map that names those files by their paths.
 */
export function inspectable({ modulePath, inlineText }: HandlerSource): HandlerSource {
  const at = inlineText?.lastIndexOf(mapStart) ?? -1;
  if (inlineText === undefined || at < 0) return { modulePath, inlineText };
  const map = JSON.parse(Buffer.from(inlineText.slice(at + mapStart.length), "base64").toString()) as SourceMap;
  const sources = map.sources.map((source) =>
    source.startsWith(sourceScheme) ? path.resolve(source.slice(sourceScheme.length)) : source,
  );
  const text = Buffer.from(JSON.stringify({ ...map, sources })).toString("base64");
  return {
    modulePath: path.resolve(path.basename(modulePath)),
    inlineText: `${inlineText.slice(0, at)}${mapStart}${text}\n`,
  };
}

interface SourceMap {
  sources: string[];
}
