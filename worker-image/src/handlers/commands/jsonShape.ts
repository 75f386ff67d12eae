import { jsonOf } from "../../../../contract/check";

/** Follows the brackets of a JSON text, piece by piece; those in strings don't count. */
export class BracketDepth {
  /** Brackets that are open. */
  depth = 0;
  isInText = false;
  private isEscaped = false;

  add(piece: string): void {
    for (let index = 0; index < piece.length; index++) {
      const character = piece.charCodeAt(index);
      if (this.isInText) {
        if (this.isEscaped) this.isEscaped = false;
        else if (character === code.backslash) this.isEscaped = true;
        else if (character === code.quote) this.isInText = false;
      } else if (character === code.quote) this.isInText = true;
      else if (character === code.openBracket || character === code.openBrace) this.depth++;
      else if (character === code.closeBracket || character === code.closeBrace) this.depth--;
    }
  }

  /** No JSON string goes on in the next line. */
  endLine(): void {
    this.isInText = false;
    this.isEscaped = false;
  }
}

const code = { quote: 0x22, backslash: 0x5c, openBracket: 0x5b, closeBracket: 0x5d, openBrace: 0x7b, closeBrace: 0x7d };

/**
 * Likeness of a line to JSON, if it isn't JSON by itself: `strongly` means that it can't be a log line; `weakly`, that
 * only its place at the end of the output makes it a possible result.
 */
export type Likeness = "strongly" | "weakly";

/** Likeness of a trimmed line; undefined if it looks like a log line. */
export function likenessOf(line: string): Likeness | undefined {
  if (line.startsWith("{")) return likenessOfObject(line);
  if (line.startsWith("[")) return likenessOfList(line);
  if (/^-?(?:NaN|Infinity)$/.test(line) || (line.startsWith('"') && isPartOfJson(line))) return "weakly";
  return endsLikeJson(line) ? "weakly" : undefined;
}

/** JavaScript prints objects with names without quotes. */
function likenessOfObject(line: string): Likeness | undefined {
  if (/^\{\s*(?:["'}[{]|$)/.test(line)) return "strongly";
  return /^\{\s*[\w$-]+\s*:/.test(line) || endsLikeJson(line) ? "weakly" : undefined;
}

/** A tag in brackets before other words begins a line of many logs: `[INFO] done`, `[12:00] [main] done`. */
function likenessOfList(line: string): Likeness | undefined {
  const [, inside] = /^\[([^[\]{}"']*)\]\s*[^\s\]},]/.exec(line) ?? [];
  if (inside !== undefined) return inside.includes(",") && jsonOf(`[${inside}]`) !== undefined ? "strongly" : undefined;
  const isList = /^\[\s*(?:["'[{\]]|$|(?:-?\d[\d.eE+-]*|true|false|null|-?NaN|-?Infinity)\s*(?:[,\]]|$))/.test(line);
  return isList ? "strongly" : "weakly";
}

/** An unclosed string, or a name with its value. */
function isPartOfJson(line: string): boolean {
  if (/^"[^"]*"\s*:/.test(line) || /^"[^"]*",$/.test(line)) return true;
  const brackets = new BracketDepth();
  brackets.add(line);
  return brackets.isInText;
}

/** Closes more than it opens, or has JSON after other words. */
function endsLikeJson(line: string): boolean {
  if (!/[}\]],?$/.test(line)) return false;
  const brackets = new BracketDepth();
  brackets.add(line);
  if (brackets.depth < 0) return true;
  const json = line.slice(line.search(/[{[]/));
  return /[{"',]/.test(json) && jsonOf(json) !== undefined;
}

/** True if a line can be part of a JSON text of several lines: it has no words but JSON's, or nearly so. */
export function isJsonFragment(line: string): boolean {
  return /^[[\]{},:\s\d.eE+-]*$/.test(withoutTexts(line).replace(literals, ""));
}

const literals = /\b(?:true|false|null|NaN|Infinity|nan|inf|None|True|False|undefined)\b/g;

function withoutTexts(line: string): string {
  let rest = "";
  let start = 0;
  for (let index = 0; index < line.length; index++) {
    const mark = line[index];
    if (mark !== '"' && mark !== "'") continue;
    rest += line.slice(start, index);
    do index += line[index] === "\\" ? 2 : 1;
    while (index < line.length && line[index] !== mark);
    start = index + 1;
  }
  return rest + line.slice(start);
}
