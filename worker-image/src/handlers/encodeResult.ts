import { types } from "node:util";
import { bytesOf } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { toJobError } from "../support/errors";
import { isError } from "../support/plain";
import { shorten } from "../support/text";
import { type LargeResult, LargeResultText, NotWritten } from "./largeResult";

/** A result as JSON, one that is too large for that, or its problem; neither for `undefined`. */
export type EncodedResult = ({ ok: true; json?: string } & Partial<LargeResult>) | { ok: false; message: string };

/** Deeper values would exceed later JSON parsers. */
export const maxResultDepth = 500;

/** Size of the pieces in which the JSON of a large result is written. */
const pieceCharacters = 65_536;

/** Saved before a handler can replace it. */
const { stringify } = JSON;

/**
 * A handler's result as JSON that decodes to the same value; otherwise the result is refused by the path of the part
 * that JSON can't hold. Properties that are `undefined` are left out, values with a `toJSON` are replaced by its return
 * value, and -0 is 0. A result over {@link limits.maxResultBytes} is written into the file, if there is one.
 *
 * @throws NotWritten if the disk is full, say.
 */
export function encodeResult(
  result: unknown,
  { what = "result", file }: { what?: string; file?: string | undefined } = {},
): EncodedResult {
  if (result === undefined) return { ok: true };
  const text = new JsonText(file);
  const encoder = new ResultEncoder(text);
  try {
    encoder.write(result, "");
    return { ok: true, ...text.end() };
  } catch (error) {
    if (error instanceof NotWritten) throw error;
    const message = error instanceof Unfit ? error.message : `what can't be read (${toJobError(error).message})`;
    return { ok: false, message: `Expected a ${what} that is JSON, got ${message}${encoder.place()}` };
  }
}

/** A value that JSON would change or lose. */
class Unfit extends Error {}

/** Writes one value as JSON.stringify does, or throws {@link Unfit} with the path of the unfit part. */
class ResultEncoder {
  private readonly path: (string | number)[] = [];
  /** Objects around the place, with their depth. */
  private readonly above = new Map<object, number>();

  constructor(private readonly text: JsonText) {}

  write(value: unknown, key: string): void {
    switch (typeof value) {
      case "string":
        return this.text.add(stringify(value));
      case "boolean":
        return this.text.add(String(value));
      case "number":
        if (!Number.isFinite(value)) this.refuse(String(value));
        return this.text.add(stringify(value));
      case "object":
        return value === null ? this.text.add("null") : this.writeObject(value, key);
      case "undefined":
        return this.refuse("undefined in a list");
      case "bigint":
        return this.writeBigInt(value, key);
      default:
        return this.refuse(`a ${typeof value}`);
    }
  }

  /** The present place, for a message. */
  place(): string {
    const place = pointer(this.path);
    return place === "" ? "" : ` at ${shorten(place, 300)}`;
  }

  /** Programs that want BigInts in their JSON give them a `toJSON`. */
  private writeBigInt(value: bigint, key: string): void {
    const { toJSON } = value as unknown as { toJSON?: unknown };
    if (typeof toJSON !== "function") this.refuse(`the BigInt ${shorten(String(value), 60)}`);
    this.write((toJSON as (key: string) => unknown).call(value, key), key);
  }

  private writeObject(value: object, key: string): void {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function" || ArrayBuffer.isView(value)) {
      return this.within(value, () => this.writeContents(value, isPlain(value)));
    }
    if (types.isDate(value) && Number.isNaN(value.getTime())) this.refuse("an invalid Date");
    const plain: unknown = toJSON.call(value, key);
    if (typeof plain !== "object" || plain === null) return this.write(plain, key);
    // Called only once, since it may return the object itself.
    this.within(value, () => this.writeContents(plain, plain === value || isPlain(plain)));
  }

  private writeContents(value: object, hasProperties: boolean): void {
    if (Array.isArray(value)) this.writeList(value);
    else if (hasProperties) this.writeProperties(value as Record<string, unknown>);
    else this.refuse(`${kindOf(value)}, which JSON would empty or change`);
  }

  private within(value: object, write: () => void): void {
    const depth = this.above.get(value);
    if (depth !== undefined) {
      this.refuse(`a circle, back to ${pointer(this.path.slice(0, depth)) || "the value itself"}`);
    }
    if (this.above.size >= maxResultDepth) this.refuse(`more than ${maxResultDepth} objects inside one another`);
    this.above.set(value, this.path.length);
    write();
    this.above.delete(value);
  }

  private writeList(list: unknown[]): void {
    this.text.add("[");
    for (let index = 0; index < list.length; index++) {
      this.path.push(index);
      if (!(index in list)) this.refuse("a hole in a list");
      if (index > 0) this.text.add(",");
      this.write(list[index], String(index));
      this.path.pop();
    }
    this.refuseSymbols(list);
    for (const name of Object.keys(list).slice(list.length)) {
      this.path.push(name);
      this.refuse("a property of a list");
    }
    this.text.add("]");
  }

  private writeProperties(object: Record<string, unknown>): void {
    this.refuseSymbols(object);
    let separator = "{";
    for (const name of Object.keys(object)) {
      const value = object[name];
      if (value === undefined) continue;
      this.path.push(name);
      this.text.add(`${separator}${stringify(name)}:`);
      this.write(value, name);
      this.path.pop();
      separator = ",";
    }
    this.text.add(separator === "{" ? "{}" : "}");
  }

  private refuseSymbols(object: object): void {
    const symbol = Object.getOwnPropertySymbols(object).find((each) =>
      Object.prototype.propertyIsEnumerable.call(object, each),
    );
    if (symbol) this.refuse(`a property whose name is ${String(symbol)}`);
  }

  private refuse(what: string): never {
    throw new Unfit(what);
  }
}

/** Collects JSON, and writes it into the file once it is beyond the limit. */
class JsonText {
  private text = "";
  private large?: LargeResultText;

  constructor(private readonly file: string | undefined) {}

  add(piece: string): void {
    this.text += piece;
    if (this.text.length >= pieceCharacters && (this.large || bytesOf(this.text) > limits.maxResultBytes)) this.flush();
  }

  end(): { json: string } | LargeResult {
    if (!this.large && bytesOf(this.text) <= limits.maxResultBytes) return { json: this.text };
    this.flush();
    return this.large!.end();
  }

  private flush(): void {
    this.large ??= new LargeResultText(this.file);
    this.large.add(this.text);
    this.text = "";
  }
}

/** True for an object without a class: from a literal, JSON.parse or Object.create(null), in any realm. */
function isPlain(value: object): boolean {
  const tag = Object.prototype.toString.call(value);
  if (tag !== "[object Object]" && tag !== "[object Module]") return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function kindOf(value: object): string {
  if (types.isPromise(value)) return "a Promise (is an await missing?)";
  if (isError(value)) return `an error (${toJobError(value).message})`;
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = typeof constructor?.name === "string" ? constructor.name : "";
  if (name === "" || name === "Object") return "an object with a prototype of its own";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${shorten(name, 60)}`;
}

/** As a JSON pointer. */
function pointer(path: (string | number)[]): string {
  return path.map((name) => `/${String(name).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
}
