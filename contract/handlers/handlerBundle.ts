import { isObject } from "../check";

/** A bundled handler, as its first line says: who it is, and what it expects of the image. */
export interface HandlerBundle {
  /** The handler's file, relative to the program's folder, or the processor whose inline handler it is. */
  name: string;
  /** Packages that aren't in the bundle: the image has them. */
  packages: string[];
}

const marker = "// batch-job-processor bundle ";

/**
 * Scheme of the source files that a bundle's source map names, relative to the program's folder: `job:jobs/invoice.ts`.
 */
export const sourceScheme = "job:";

/**
 * Channel of `node:diagnostics_channel` on which the files of each new bundle, and those that break one, are told, as
 * absolute paths.
 */
export const bundledFilesChannel = "batch-job-processor.bundledFiles";

/** The first line of a bundle, with its line break. */
export function bundleHeader({ name, packages }: HandlerBundle): string {
  return `${marker}${JSON.stringify({ name, packages })}\n`;
}

/** Reads the first line of a handler's text; undefined for a text that isn't a bundle. */
export function readBundleHeader(text: string): HandlerBundle | undefined {
  if (!text.startsWith(marker)) return undefined;
  const header: unknown = JSON.parse(text.slice(marker.length, text.indexOf("\n")));
  if (!isObject(header)) throw new Error(`Expected a bundle's header as an object, got ${JSON.stringify(header)}`);
  const { name, packages } = header;
  return {
    name: String(name),
    packages: Array.isArray(packages) ? packages.map(String) : [],
  };
}

const sourceMapStart = "//# sourceMappingURL=";

/** The line that gives a text its source map. */
export function sourceMapComment(map: string): string {
  return `${sourceMapStart}data:application/json;base64,${Buffer.from(map).toString("base64")}\n`;
}

export function withoutSourceMap(text: string): string {
  const start = text.lastIndexOf(sourceMapStart);
  return start < 0 ? text : text.slice(0, start);
}
