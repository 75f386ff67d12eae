export const deploymentOnlyModule = true;

/** A number of a JSON text that JavaScript reads as another one. */
export interface LossyNumber {
  /** JSON pointer to the number. */
  path: string;
  /** The number as it was written, cut where it is long. */
  text: string;
}

/** Fewer digits, and smaller exponents, always arrive whole. */
const mayBeLossy = /\d(?:\.?\d){15}|[eE][+-]?\d{3}/;

/**
 * The numbers of a JSON text, valid as such, that a double can't hold: long integers, and fractions with more digits than
 * it keeps. What a double prints, in whatever number of digits, passes. At most `most` of them; never recurses.
 */
export function lossyNumbers(json: string, most = 10): LossyNumber[] {
  const found: LossyNumber[] = [];
  if (!mayBeLossy.test(json)) return found;
  // The containers around the place: of an array the index, of an object the key as it is written.
  const place: (number | string)[] = [];
  let index = 0;
  while (index < json.length && found.length < most) {
    const character = json[index]!;
    const last = place.length - 1;
    if (character === '"') {
      const end = endOfText(json, index);
      // A text before a colon is a key.
      if (typeof place[last] === "string" && /^\s*:/.test(json.slice(end, end + 100))) {
        place[last] = json.slice(index, end);
      }
      index = end;
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      const [text = character] = /^[-+.\deE]+/.exec(json.slice(index, index + 1_000)) ?? [];
      const whole = text.length < 1_000 ? text : (/^[-+.\deE]+/.exec(json.slice(index))?.[0] ?? text);
      if (!arrivesWhole(whole)) found.push({ path: pointerOf(place), text: shortened(whole) });
      index += whole.length;
    } else {
      if (character === "[") place.push(0);
      else if (character === "{") place.push("");
      else if (character === "]" || character === "}") place.pop();
      else if (character === "," && typeof place[last] === "number") place[last] += 1;
      index++;
    }
  }
  return found;
}

/** Whether the number, read as a double and printed with as many digits as it has, is the same. */
function arrivesWhole(text: string): boolean {
  const digits = significantDigits(text);
  if (digits === "") return true;
  const value = Number(text);
  if (!Number.isFinite(value) || digits.length > 100) return false;
  return significantDigits(value.toPrecision(digits.length)) === digits;
}

function significantDigits(text: string): string {
  return text
    .replace(/[eE].*$/, "")
    .replace(/\D/g, "")
    .replace(/^0+|0+$/g, "");
}

/** Behind the closing quote. */
function endOfText(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
  return end + 1;
}

function pointerOf(place: (number | string)[]): string {
  const name = (step: number | string) => (typeof step === "number" ? String(step) : (JSON.parse(step) as string));
  return place.map((step) => `/${name(step).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}
