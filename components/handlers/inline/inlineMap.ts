import { addSegment, GenMapping, toEncodedMap } from "@jridgewell/gen-mapping";
import { type BundleFolder } from "../bundle/bundleFolder";
import { entryName } from "../bundle/bundleSource";
import { type FunctionPlace, type Script } from "./functionInspector";
import { positionOf, ScriptSource } from "./scriptSource";

/** A function in the program, with the name that its frames are to have. */
export interface NamedPlace extends FunctionPlace {
  name: string;
}

/** A function as Pulumi writes it: its name is lost, and that of a class is its constructor. */
const writtenFunction = /\n\nreturn (.*?);\n\n {4}\}\n {2}\}\)\.apply\(/gs;
const head = /^(?:async )?function\*? *(?:\/\*.*?\*\/)?/;
const boundFunction = /^function \(\.\.\.args\) \{\n {2}return \(\n(.*)\n {2}\)\.bind\(/s;

/**
 * The source map of an inline handler's text, as JSON: each function leads to its file in the program, all else to the
 * text itself.
 */
export function mapInlineHandler(text: string, places: NamedPlace[], folder: BundleFolder): string {
  const map = new GenMapping();
  const sources = new Map<Script, ScriptSource>();
  const starts = new Set(text.split("\n").keys());
  const toText = (line: number, column: number) => addSegment(map, line, column, entryName, line, column);
  for (const { start, end, named, place } of partsOf(text, places)) {
    const source = sources.get(place.script) ?? new ScriptSource(place.script);
    sources.set(place.script, source);
    const [firstLine, firstColumn] = positionOf(text, start);
    const [scriptLine, scriptColumn] = positionOf(place.script.text, place.offset);
    for (const [index, part] of text.slice(start, end).split("\n").entries()) {
      const line = firstLine + index;
      const [column, from] = index === 0 ? [firstColumn, scriptColumn] : [0, 0];
      if (index > 0) starts.delete(line);
      const segments = source.segmentsIn(scriptLine + index, from, from + part.length);
      for (const [rank, [at, file, fileLine, fileColumn]] of segments.entries()) {
        // A frame's name is that which the map has for the function's start.
        const isStart = index === 0 && rank === 0;
        const here = isStart ? column - (start - named) : column + at - from;
        if (file === undefined) toText(line, here);
        else addSegment(map, line, here, folder.nameOf(file), fileLine!, fileColumn!, isStart ? place.name : "");
      }
    }
    toText(...positionOf(text, end));
  }
  for (const line of starts) toText(line, 0);
  const { version, sources: files, names, mappings } = toEncodedMap(map);
  return JSON.stringify({ version, sources: files, names, mappings });
}

interface Part {
  start: number;
  end: number;
  /** Start of the function, of which the part may lack its keyword. */
  named: number;
  /** Place of the part in its script. */
  place: NamedPlace;
}

function partsOf(text: string, places: NamedPlace[]): Part[] {
  const written = [...text.matchAll(writtenFunction)].map(({ index, 1: code }): Part | undefined => {
    const named = index + "\n\nreturn ".length;
    const bound = boundFunction.exec(code!)?.[1];
    const own = bound ?? code!.replace(head, "");
    const place = placeOf(own, places);
    const start = named + (bound === undefined ? code!.length - own.length : code!.indexOf(bound));
    return place && { start, end: start + own.length, named: bound === undefined ? named : start, place };
  });
  return written.filter((part) => part !== undefined);
}

/** Place in the program of that text of a function; undefined if it has several, or the text was changed. */
function placeOf(own: string, places: NamedPlace[]): NamedPlace | undefined {
  const found = new Map<string, NamedPlace>();
  for (const place of places) {
    const { script, offset, text } = place;
    const at = text.startsWith("class") ? text.indexOf(own) : text === own ? 0 : text.indexOf("(");
    if (at < 0 || !text.startsWith(own, at) || (at + own.length !== text.length && !text.startsWith("class"))) continue;
    found.set(`${script.url} ${offset + at}`, { ...place, offset: offset + at });
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}
