import { types } from "node:util";
import { shorten } from "./text";

/** Bounds on the kept part of a value. */
export interface PlainBounds {
  /** Characters of all its strings and names. */
  characters: number;
  /** Nesting of objects and lists. */
  depth: number;
}

/** Bounds on a value that a handler logs, or throws. */
const defaultBounds: PlainBounds = { characters: 16_000, depth: 8 };

/** Size of a value beside its characters. */
const charactersOfAny = 8;

/**
 * Any value as one that JSON can write, and of bounded size: errors with their causes, maps and sets as objects and
 * lists, BigInts, dates and other values outside JSON as strings. Never throws, whatever reading the value does.
 */
export function toPlain(value: unknown, bounds: PlainBounds = defaultBounds): unknown {
  return new PlainCopy(bounds).of(value, bounds.depth);
}

/** A property; undefined if reading it throws. */
export function read(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** True for an error of any realm. A proxy that throws is none. */
export function isError(value: unknown): boolean {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    return false;
  }
}

/** Copies one value within its bounds. */
class PlainCopy {
  private readonly above = new Set<object>();
  private room: number;

  constructor({ characters }: PlainBounds) {
    this.room = characters;
  }

  of(value: unknown, depth: number): unknown {
    this.room -= charactersOfAny;
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "bigint":
        return this.text(value.toString());
      case "object":
        return value === null ? null : this.container(value, depth);
      case "boolean":
        return value;
      default:
        return undefined;
    }
  }

  private text(text: string): string {
    const kept = shorten(text, Math.max(0, this.room));
    this.room -= kept.length;
    return kept;
  }

  private container(value: object, depth: number): unknown {
    if (this.above.has(value)) return "(circular)";
    if (depth === 0) return "(nested too deeply)";
    if (this.room <= 0) return "(left out)";
    this.above.add(value);
    try {
      return this.contents(value, depth - 1);
    } catch {
      return "(unreadable)";
    } finally {
      this.above.delete(value);
    }
  }

  private contents(value: object, depth: number): unknown {
    if (Array.isArray(value)) return this.list(value, value.length, depth);
    if (isError(value)) return this.error(value, depth);
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (types.isRegExp(value)) return this.text(String(value));
    if (types.isMap(value)) return this.named(value.entries(), depth);
    if (types.isSet(value)) return this.list(value.values(), value.size, depth);
    if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
    if (types.isBoxedPrimitive(value)) return this.of(value.valueOf(), depth);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.of(toJSON.call(value, ""), depth);
    return this.named(entriesOf(value), depth);
  }

  private list(items: Iterable<unknown>, length: number, depth: number): unknown[] {
    const copy: unknown[] = [];
    for (const item of items) {
      if (this.room <= 0) {
        copy.push(`(${length - copy.length} more)`);
        break;
      }
      copy.push(this.of(item, depth) ?? null);
    }
    return copy;
  }

  private named(entries: Iterable<[unknown, unknown]>, depth: number): Record<string, unknown> {
    const copy: [string, unknown][] = [];
    for (const [name, item] of entries) {
      if (this.room <= 0) {
        copy.push(["…", "(more is left out)"]);
        break;
      }
      const key = this.text(typeof name === "string" ? name : (JSON.stringify(this.of(name, 1)) ?? typeof name));
      const plain = this.of(item, depth);
      if (plain !== undefined) copy.push([key, plain]);
    }
    return Object.fromEntries(copy);
  }

  private error(error: object, depth: number): Record<string, unknown> {
    const own = ["name", "message", "code", "cause", "errors", "stack"].map(
      (name) => [name, read(error, name)] as const,
    );
    const others = entriesOf(error, new Set(own.map(([name]) => name)));
    return this.named([...own, ...others] as [string, unknown][], depth);
  }
}

/** One by one, so that a getter that throws costs only its own value, and nothing beyond the bounds is read. */
function* entriesOf(value: object, but: Set<string> = new Set()): Iterable<[string, unknown]> {
  for (const name in value) {
    if (but.has(name) || !Object.prototype.hasOwnProperty.call(value, name)) continue;
    yield [name, readOrSay(value, name)];
  }
}

function readOrSay(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return "(unreadable)";
  }
}
