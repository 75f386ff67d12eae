import type { References, Resource, Schema } from "./references";
import type { Run } from "./run";

/**
 * One keyword's check, compiled. It returns true if the value fits, and records the problem if the run asks for it.
 * `seen` notes the evaluated parts of the value, for `unevaluatedProperties` and `unevaluatedItems`; undefined if they
 * aren't used.
 */
export type Rule<Value = unknown> = (value: Value, run: Run, seen: Seen | undefined) => boolean;

/** The evaluated parts of one object or array. */
export interface Seen {
  keys: Set<string>;
  items: Set<number>;
}

/** The parts of the running compilation that the makers of rules use. */
export interface Compilation {
  references: References;
  /** Compiles the rule of a whole schema in the resource. */
  compile: (schema: Schema, resource: Resource) => Rule;
  /** True if a schema matches patterns, whose time steps don't bound. */
  hasPatterns: boolean;
  /** True if the check must note the resources that it enters. */
  hasDynamicReferences: boolean;
}

/** Makes a schema's rules for one type of values; empty if the schema doesn't restrict them. */
export type MakeRules<Value> = (schema: SchemaObject, resource: Resource, compilation: Compilation) => Rule<Value>[];

export type SchemaObject = Record<string, unknown>;
