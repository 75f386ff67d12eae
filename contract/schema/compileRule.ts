import { makeArrayRules, unevaluatedItemsRule } from "./arrayRules";
import { makeCombinedRules } from "./combinedRules";
import { makeNumberRules } from "./numberRules";
import { makeObjectRules, unevaluatedPropertiesRule } from "./objectRules";
import { findReferences, type Resource, type Schema } from "./references";
import type { Compilation, Rule, SchemaObject, Seen } from "./rule";
import { maxSchemaDepth, type Run } from "./run";
import { addSeen, startSeen } from "./seen";
import { makeTextRules } from "./textRules";
import { makeValueRules } from "./valueRules";

/** Compiles a schema's rule; each schema within it is compiled once, however many references to it there are. */
export function compileRule(root: Schema): { rule: Rule; hasPatterns: boolean } {
  const known = new Map<object, Rule>();
  const compilation: Compilation = {
    references: findReferences(root),
    hasPatterns: false,
    hasDynamicReferences: false,
    compile(schema, within) {
      if (schema === true) return () => true;
      if (schema === false) return (value, run) => run.fail("must not be there", value);
      const present = known.get(schema);
      if (present) return present;
      const rules: Rules = { every: [], objects: [], arrays: [], strings: [], numbers: [] };
      const resource = compilation.references.resourceOf(schema, within);
      const rule = schemaRule(schema, resource, rules, compilation);
      // Before its rules are made, since they may refer to it.
      known.set(schema, rule);
      rules.every.push(...makeValueRules(schema, resource, compilation));
      rules.every.push(...makeCombinedRules(schema, resource, compilation));
      rules.objects.push(...makeObjectRules(schema, resource, compilation));
      rules.arrays.push(...makeArrayRules(schema, resource, compilation));
      rules.strings.push(...makeTextRules(schema, resource, compilation));
      rules.numbers.push(...makeNumberRules(schema, resource, compilation));
      const { unevaluatedProperties: properties, unevaluatedItems: items } = schema;
      const compile = (part: unknown) => compilation.compile(part as Schema, resource);
      if (properties !== undefined) {
        rules.objects.push(unevaluatedPropertiesRule(compile(properties), properties === false));
      }
      if (items !== undefined) rules.arrays.push(unevaluatedItemsRule(compile(items)));
      return rule;
    },
  };
  const { root: resource } = compilation.references;
  const rule = compilation.compile(root, resource);
  return { rule, hasPatterns: compilation.hasPatterns };
}

/** A schema's rules by the type of the values. */
interface Rules {
  every: Rule[];
  objects: Rule<Record<string, unknown>>[];
  arrays: Rule<unknown[]>[];
  strings: Rule<string>[];
  numbers: Rule<number>[];
}

function schemaRule(schema: SchemaObject, resource: Resource, rules: Rules, compilation: Compilation): Rule {
  const { every, objects, arrays, strings, numbers } = rules;
  const needsSeen = schema.unevaluatedProperties !== undefined || schema.unevaluatedItems !== undefined;
  const { isArray } = Array;
  const most = maxSchemaDepth;
  const none: Rule[] = [];
  const rulesFor = (value: unknown): Rule[] => {
    if (typeof value === "string") return strings as Rule[];
    if (typeof value === "number") return numbers as Rule[];
    if (typeof value !== "object" || value === null) return none;
    return (isArray(value) ? arrays : objects) as Rule[];
  };
  const applyAll = (list: Rule[], value: unknown, run: Run, seen: Seen | undefined): boolean => {
    let fits = true;
    for (let index = 0; index < list.length; index++) {
      if (list[index]!(value, run, seen)) continue;
      if (run.isOver()) return false;
      fits = false;
    }
    return fits;
  };
  return (value, run, seen) => {
    run.spend(1 + every.length);
    run.depth++;
    if (run.depth > most) run.spend(Infinity);
    const isEntering = compilation.hasDynamicReferences && run.scope[run.scope.length - 1] !== resource;
    if (isEntering) run.scope.push(resource);
    const own = needsSeen ? startSeen() : seen;
    let fits = applyAll(every, value, run, own);
    if (fits || !run.isOver()) fits = applyAll(rulesFor(value), value, run, own) && fits;
    if (fits && needsSeen && seen && own) addSeen(own, seen, run);
    if (isEntering) run.scope.pop();
    run.depth--;
    return fits;
  };
}
