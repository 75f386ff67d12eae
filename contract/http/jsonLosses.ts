import type { FieldProblem } from "../check";

/** Problems told of each job of a batch, and of all else together. */
const maxLosses = 20;

const maxPathCharacters = 500;

/**
 * Finds what reading the text as JavaScript values would silently change: numbers that double precision doesn't hold as
 * written, and keys that an object has twice. A number is held if the double, printed in as many digits, is the number:
 * `1.0`, `1e2`, `-0` and 0.10000000000000001 are (they arrive as 1, 100, 0 and 0.1), 12345678901234567890 and 1e400 are
 * not.
 *
 * The text must be JSON that `JSON.parse` takes. Reports the first {@link maxLosses} of each job of a batch, and of
 * all else together.
 */
export function findJsonLosses(text: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const found: Record<string, number> = {};
  /** Containers around the place: for an object its keys so far, undefined for an array. */
  const keys: (Set<string> | undefined)[] = [];
  /** Key or index of the place in each. */
  const place: (string | number)[] = [];
  let depth = 0;
  let isKeyNext = false;

  function add(message: string): void {
    const path = place.slice(0, depth);
    const group = path[0] === "jobs" && typeof path[1] === "number" ? path[1] : "";
    found[group] = (found[group] ?? 0) + 1;
    if (found[group] > maxLosses) return;
    const pointer = path.map((step) => `/${String(step).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
    problems.push({ path: pointer.slice(0, maxPathCharacters), message });
  }

  function enter(isObject: boolean): void {
    isKeyNext = isObject;
    keys[depth] = isObject ? new Set<string>() : undefined;
    place[depth] = 0;
    depth++;
  }

  function leave(): void {
    depth--;
    isKeyNext = false;
  }

  function goToNext(): void {
    isKeyNext = keys[depth - 1] !== undefined;
    if (!isKeyNext) (place[depth - 1] as number)++;
  }

  function enterKey(raw: string): void {
    const key = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
    const present = keys[depth - 1]!;
    place[depth - 1] = key;
    if (present.has(key)) add("Expected each key once in an object, got this one again");
    present.add(key);
    isKeyNext = false;
  }

  for (let at = 0, length = text.length; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 /* " */) {
      const start = at + 1;
      at = closingQuote(text, start);
      if (isKeyNext) enterKey(text.slice(start, at));
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) enter(code === 0x7b);
    else if (code === 0x7d /* } */ || code === 0x5d /* ] */) leave();
    else if (code === 0x2c /* , */) goToNext();
    else if (code === 0x2d /* - */ || (code >= 0x30 && code <= 0x39)) {
      const { end, mayLose } = scanNumber(text, at);
      const loss = mayLose && lossOf(text.slice(at, end));
      if (loss) add(loss);
      at = end - 1;
    }
  }
  return problems;
}

/** Index of the quote that ends a text, which begins at `start`. */
function closingQuote(text: string, start: number): number {
  let end = text.indexOf('"', start);
  for (;;) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c /* \ */) escapes++;
    if (escapes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
}

/** Finds the end of a number. Up to fifteen digits without a power always come back ("Binary to decimal", IEEE 754). */
function scanNumber(text: string, start: number): { end: number; mayLose: boolean } {
  let hasPower = false;
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x65 || code === 0x45 /* e E */) hasPower = true;
    else if ((code < 0x30 || code > 0x39) && code !== 0x2e && code !== 0x2d && code !== 0x2b /* . - + */) break;
  }
  return { end, mayLose: hasPower || end - start > 15 };
}

/** The problem of a number that a double doesn't hold. */
function lossOf(number: string): string | undefined {
  const value = Number(number);
  const arrived = String(value);
  if (arrived === number || holds(value, number)) return undefined;
  const got = number.length > 60 ? `${number.slice(0, 60)}… (${number.length} characters)` : number;
  const expected = "Expected a number that double precision holds as it is written";
  return `${expected}, got ${got}, which would arrive as ${arrived}: send it as a text`;
}

/** True if the double, printed in as many digits as the text has, is the text: many programs print 0.1 in 17 digits. */
function holds(value: number, number: string): boolean {
  const decimal = decimalOf(number);
  const digits = decimal.indexOf("e");
  // `toPrecision` takes no more than 100.
  if (!(value - value === 0) || digits > 100) return false;
  return decimalOf(digits > 0 ? value.toPrecision(digits) : `${value}`) === decimal;
}

/** The decimal value of a number's text, so that equal values give equal texts. */
function decimalOf(number: string): string {
  const [, whole = "", fraction = "", power = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  while (start < end && digits[start] === "0") start++;
  while (start < end && digits[end - 1] === "0") end--;
  return start === end ? "0" : `${digits.slice(start, end)}e${Number(power) - fraction.length + digits.length - end}`;
}
