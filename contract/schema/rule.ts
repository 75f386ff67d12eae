import type { References, Resource, Schema } from "./references";
import type { Run } from "./run";

/**
 * One keyword's check, compiled. It tells whether the value fits, and records why not where the run asks for it. `seen`
 * notes what was evaluated of the value, for `unevaluatedProperties` and `unevaluatedItems`; absent where nobody asks.
 */
export type Rule<Value = unknown> = (value: Value, run: Run, seen: Seen | undefined) => boolean;

/** What was evaluated of one object or array. */
export interface Seen {
  keys: Set<string>;
  items: Set<number>;
}

/** What the makers of rules need of the compilation under way. */
export interface Compilation {
  references: References;
  /** The rule of a whole schema that lies in the resource. */
  compile: (schema: Schema, resource: Resource) => Rule;
  /** Whether a schema matches patterns, whose time steps don't bound. */
  hasPatterns: boolean;
  /** Whether resources that are entered must be noted. */
  hasDynamicReferences: boolean;
}

/** Makes a schema's rules for one kind of values; none where the schema says nothing of them. */
export type MakeRules<Value> = (schema: SchemaObject, resource: Resource, compilation: Compilation) => Rule<Value>[];

export type SchemaObject = Record<string, unknown>;
