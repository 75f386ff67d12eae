import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decodedMappings, originalPositionFor, TraceMap, traceSegment } from "@jridgewell/trace-mapping";
import { type Script } from "./functionInspector";

/** File, line and column, from 0, of a script's line from one of its columns on; without a file for a loader's own. */
export type SourceSegment = [column: number, file?: string, fileLine?: number, fileColumn?: number];

const comment = "//# sourceMappingURL=";

/** The files that a script was made of: by its loader's source map, or else itself. */
export class ScriptSource {
  readonly path: string;
  private readonly lines: string[];
  private readonly map: TraceMap | undefined;

  constructor(script: Script) {
    this.path = script.url.startsWith("file:") ? fileURLToPath(script.url) : script.url;
    this.lines = script.text.split("\n");
    this.map = mapOf(script.text, this.path);
  }

  /** Segments of a part of one line. */
  segmentsIn(line: number, from: number, to: number): SourceSegment[] {
    if (this.map === undefined) {
      // Positions in a stack are those of names and of brackets.
      const words = [...this.lines[line]!.slice(from, to).matchAll(/[\w$]+|[^\s\w$]/g)];
      return words.map(({ index }) => [from + index, this.path, line, from + index]);
    }
    const inside = (decodedMappings(this.map)[line] ?? []).filter(([column]) => column > from && column < to);
    const first = traceSegment(this.map, line, from) ?? [from];
    return [first, ...inside].map((segment, index): SourceSegment => {
      const [, source, fileLine, fileColumn] = segment;
      const column = index === 0 ? from : segment[0];
      return source === undefined ? [column] : [column, this.fileOf(source), fileLine, fileColumn];
    });
  }

  /** File and line, from 1, of a place in the script. */
  placeOf(offset: number): { file: string; line: number } {
    const [line, column] = positionOf(this.lines.join("\n"), offset);
    const found = this.map && originalPositionFor(this.map, { line: line + 1, column });
    if (!found?.source) return { file: this.path, line: line + 1 };
    return { file: this.fileOf(this.map!.resolvedSources.indexOf(found.source)), line: found.line };
  }

  private fileOf(source: number): string {
    const [name, url] = [this.map!.sources[source], this.map!.resolvedSources[source]!];
    if (name?.startsWith("/")) return name;
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  }
}

/** Line and column of an offset, from 0. */
export function positionOf(text: string, offset: number): [line: number, column: number] {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  let line = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < start; at = text.indexOf("\n", at + 1)) line++;
  return [line, offset - start];
}

function mapOf(text: string, path: string): TraceMap | undefined {
  const at = text.lastIndexOf(comment);
  const url = at < 0 ? "" : text.slice(at + comment.length).trim();
  try {
    const file = resolve(dirname(path), url);
    if (!url.startsWith("data:"))
      return url === "" ? undefined : new TraceMap(readFileSync(file, "utf8"), hrefOf(file));
    const [, encoding, data] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url)!;
    const json = encoding === undefined ? decodeURIComponent(data!) : Buffer.from(data!, "base64").toString();
    return new TraceMap(json, hrefOf(path));
  } catch {
    // Frames then name the script itself.
    return undefined;
  }
}

function hrefOf(path: string): string {
  return pathToFileURL(existsSync(path) ? realpathSync(path) : path).href;
}
