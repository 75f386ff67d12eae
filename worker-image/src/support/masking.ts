/** Replaces a secret. */
const mask = "***";

/** Shorter values are ordinary words: masking them would hide more than it protects. */
const minCharacters = 8;

/** Characters of a cut secret that are worth hiding. */
const minCutCharacters = 3;

/** Mark at which `shorten` and `shortenMiddle` cut texts; only the last ones of a text are checked. */
const cut = "…";
const maxCuts = 20;

/**
 * Hides the values of secrets in the worker's output. It knows each value as it is, line by line if it has several, and
 * as it appears in JSON, in JSON within JSON, and in URLs; and the rest of one where a text was cut.
 */
export class Masking {
  private forms: string[] = [];

  /** Hides the values from now on: those of 8 characters and more. */
  add(values: string[]): void {
    const parts = values.flatMap((value) => [value, ...value.split(/\r?\n/)]).flatMap((part) => [part, part.trim()]);
    const long = parts.filter((part) => part.length >= minCharacters);
    this.forms = [...new Set([...this.forms, ...long.flatMap(formsOf)])];
  }

  text(text: string): string {
    if (this.forms.length === 0) return text;
    return replaceRanges(text, [...this.wholes(text), ...this.cutOnes(text)]);
  }

  /** A JSON line of the log, which stays JSON. */
  line(line: string): string {
    return this.text(line) === line ? line : JSON.stringify(this.value(JSON.parse(line)));
  }

  /** A value of JSON. Only strings change, and numbers that are secrets. */
  value<Value>(value: Value): Value {
    return this.within(value) as Value;
  }

  private within(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return this.text(String(value)) === String(value) ? value : mask;
    if (Array.isArray(value)) return value.map((item) => this.within(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.within(item)]));
  }

  private wholes(text: string): Range[] {
    return this.forms.flatMap((form) => {
      const ranges: Range[] = [];
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) ranges.push([at, at + form.length]);
      return ranges;
    });
  }

  private cutOnes(text: string): Range[] {
    const ranges: Range[] = [];
    let at = text.lastIndexOf(cut);
    for (let cuts = 0; at >= 0 && cuts < maxCuts; cuts++) {
      const end = text[at - 1] === " " ? at - 1 : at;
      const start = text[at + 1] === " " ? at + 2 : at + 1;
      for (const form of this.forms) {
        for (const to of new Set([at, end])) {
          const length = headLength(text, to, form);
          if (length > 0) ranges.push([to - length, to]);
        }
        const length = tailLength(text, start, form);
        if (length > 0) ranges.push([start, start + length]);
      }
      at = at === 0 ? -1 : text.lastIndexOf(cut, at - 1);
    }
    return ranges;
  }
}

type Range = [start: number, end: number];

function formsOf(value: string): string[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  return [value, inJson(value), inJson(inJson(value)), encodeURIComponent(Buffer.from(value).toString())];
}

/** Length of the form's beginning that the text has right before a position. */
function headLength(text: string, end: number, form: string): number {
  for (let length = Math.min(form.length - 1, end); length >= minCutCharacters; length--) {
    if (text.startsWith(form.slice(0, length), end - length)) return length;
  }
  return 0;
}

/** Length of the form's end that the text has right behind a position. */
function tailLength(text: string, start: number, form: string): number {
  for (let length = Math.min(form.length - 1, text.length - start); length >= minCutCharacters; length--) {
    if (text.startsWith(form.slice(-length), start)) return length;
  }
  return 0;
}

/** Each stretch of adjacent ranges becomes one mask. */
function replaceRanges(text: string, ranges: Range[]): string {
  if (ranges.length === 0) return text;
  ranges.sort(([one], [other]) => one - other);
  let masked = "";
  let end = -1;
  for (const [from, to] of ranges) {
    if (from > end) masked += text.slice(Math.max(0, end), from) + mask;
    end = Math.max(end, to);
  }
  return masked + text.slice(end);
}
