import { Module } from "node:module";
import { types } from "node:util";
import { packageOfFile } from "../bundle/packageOf";
import { FunctionInspector, type FunctionPlace, type Script } from "./functionInspector";

/** A value of the program's that a handler reaches. */
export interface Capture {
  /** Path to it from a variable, such as `clients.s3`. */
  name: string;
  /** Value at that path. */
  base: unknown;
  /** That value, or what it inherits from. */
  value: unknown;
  /** Its variable, where the program has it. */
  variable?: { name: string; script: Script; offset: number } | undefined;
}

/** Follows the serialiser from a handler to its captures, depth first: so its way to the last one shows. */
export class Captures {
  private readonly inspector = FunctionInspector.shared();
  private readonly visits = new Map<unknown, number>();

  constructor(private readonly handle: object) {}

  visit(value: unknown): void {
    const isTold = typeof value === "function" || typeof value === "symbol" || isObject(value);
    if (isTold && !this.visits.has(value)) this.visits.set(value, this.visits.size);
  }

  /** Places in files of the functions among them. */
  places(): (FunctionPlace & { name: string })[] {
    const functions = [this.handle, ...this.visits.keys()].filter(
      (value): value is () => unknown => typeof value === "function",
    );
    return functions.flatMap((value) => {
      const place = this.inspector.placeOf(value);
      const isFile = place && /^(file:|\/)/.test(place.script.url);
      return isFile ? [{ ...place, name: String(value.name) }] : [];
    });
  }

  /** The last one. */
  last(): Capture {
    return this.follow(() => true);
  }

  /** The last one, or that on the way to it which isn't the program's own. */
  lastOwn(): Capture {
    return this.follow(({ value }) => this.foreign(value) === undefined);
  }

  /** Such as `an object of the package zod`, or of Node.js; undefined for the program's own. */
  foreign(value: unknown): string | undefined {
    const kind = isObject(value) ? "an object" : /^class\b/.test(String(value)) ? "a class" : "a function";
    for (const [depth, type] of classesOf(value).entries()) {
      const url = this.inspector.placeOf(type)?.script.url ?? "node:";
      const owner = url.startsWith("node:") ? "Node.js" : packageOfFile(url);
      const from = owner === "Node.js" ? owner : `the package ${owner}`;
      if (owner !== undefined) return `${kind} ${depth === 0 ? "of" : "that inherits from one of"} ${from}`;
    }
    return undefined;
  }

  /** Describes a value of which the serialiser silently loses what JavaScript doesn't show; undefined for others. */
  hidden(value: unknown): string | undefined {
    if (typeof value === "function") {
      return this.inspector.isBoundToObject(value) ? "a function that is bound to an object" : undefined;
    }
    const isKept = !isObject(value) || types.isRegExp(value) || types.isPromise(value) || types.isProxy(value);
    // The serialiser makes a class's prototype of the class.
    if (isKept || Object.hasOwn(value, "constructor")) return undefined;
    const what = this.foreign(value);
    return what === "an object of Node.js" ? what : undefined;
  }

  private follow(isWay: (capture: Capture) => boolean): Capture {
    const place = this.inspector.placeOf(this.handle);
    const variable = place && { name: "", ...place };
    let current: Capture = { name: "", base: this.handle, value: this.handle, variable };
    for (let visit = -1; isWay(current);) {
      const reached = this.capturesOf(current).map((capture) => ({
        capture,
        visit: this.visits.get(capture.value) ?? -1,
      }));
      const latest = reached.reduce((one, other) => (other.visit > one.visit ? other : one), {
        capture: current,
        visit,
      });
      if (latest.capture === current) break;
      ({ capture: current, visit } = latest);
    }
    return current;
  }

  private capturesOf(capture: Capture): Capture[] {
    const { name, base, value, variable } = capture;
    if (typeof value !== "function" && !isObject(value)) return [];
    const script = this.scriptOf(value);
    const properties = [...propertiesOf(value)].flatMap(([key, property]) =>
      (["value", "get", "set"] as const).map((kind): Capture => {
        const item = (property as Record<string, unknown>)[kind];
        // An inherited property is named by the object that has it.
        if (base !== value) return { name, base, value: item, variable };
        const at = script ? { name: key, script, offset: 0 } : variable;
        return { name: script ? key : name + suffixOf(key), base: item, value: item, variable: at };
      }),
    );
    const inherited = { ...capture, value: Object.getPrototypeOf(value) as unknown };
    return [...(typeof value === "function" ? this.variablesOf(value) : []), ...properties, inherited];
  }

  /** The variables that a function names. */
  private variablesOf(value: object): Capture[] {
    const place = this.inspector.placeOf(value);
    if (place === undefined) return [];
    const named = new Set(place.text.match(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g));
    const variables = [...this.inspector.variablesOf(value)].filter(([name]) => named.has(name));
    return variables.map(([name, item]) => ({ name, base: item, value: item, variable: { name, ...place } }));
  }

  /** The script of the module whose exports they are. */
  private scriptOf(exports: object): Script | undefined {
    const modules = Object.values((Module as unknown as { _cache: NodeJS.Dict<NodeModule> })._cache);
    const file = modules.find((module) => module?.exports === exports)?.filename;
    return file === undefined ? undefined : this.inspector.scriptOfFile(file);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A function or an object's class, and what it inherits from. */
function classesOf(value: unknown): object[] {
  const classes: unknown[] = [];
  if (typeof value === "function") {
    for (let type: unknown = value; typeof type === "function"; type = Object.getPrototypeOf(type)) classes.push(type);
  } else if (isObject(value)) {
    for (let type: unknown = Object.getPrototypeOf(value); isObject(type); type = Object.getPrototypeOf(type)) {
      classes.push(propertiesOf(type).get("constructor")?.value);
    }
  }
  const base: unknown[] = [Object, Array, Function.prototype];
  return classes.filter((type): type is () => unknown => typeof type === "function" && !base.includes(type));
}

function suffixOf(key: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(key)) return `.${key}`;
  return /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`;
}

function propertiesOf(value: unknown): Map<string, PropertyDescriptor> {
  return new Map(Object.entries(Object.getOwnPropertyDescriptors(value ?? {})));
}
