import type { Schema } from "./references";
import type { MakeRules, Rule } from "./rule";
import { createTextOf } from "./sameness";
import { judgeSilently } from "./seen";

/** Rules of the items of arrays; `unevaluatedItems` apart, which comes after all others. */
export const makeArrayRules: MakeRules<unknown[]> = (schema, resource, compilation) => {
  const rules: Rule<unknown[]>[] = [];
  const { minItems, maxItems, prefixItems, items, additionalItems, contains, uniqueItems } = schema;
  const compile = (part: unknown) => compilation.compile(part as Schema, resource);
  if (typeof minItems === "number" || typeof maxItems === "number") {
    rules.push(countRule(minItems as number | undefined, maxItems as number | undefined));
  }
  // Draft-07 has `items` and `additionalItems` in place of draft 2020-12's `prefixItems` and `items`.
  const isTuple = Array.isArray(items);
  const first = (isTuple ? (items as unknown[]) : Array.isArray(prefixItems) ? (prefixItems as unknown[]) : []).map(
    compile,
  );
  const others = isTuple ? additionalItems : items;
  if (first.length > 0 || others !== undefined) {
    rules.push(itemsRule(first, others === undefined ? undefined : compile(others)));
  }
  if (contains !== undefined) {
    const { minContains = 1, maxContains = Infinity } = schema;
    rules.push(containsRule(compile(contains), minContains as number, maxContains as number));
  }
  if (uniqueItems === true) rules.push(uniqueRule());
  return rules;
};

function countRule(least = 0, most = Infinity): Rule<unknown[]> {
  return (value, run) => {
    if (value.length < least) return run.fail(`must have at least ${least} items`, value);
    return value.length <= most || run.fail(`must have at most ${most} items`, value);
  };
}

function itemsRule(first: Rule[], others: Rule | undefined): Rule<unknown[]> {
  const { min } = Math;
  return (value, run, seen) => {
    let fits = true;
    const count = others ? value.length : min(first.length, value.length);
    for (let index = 0; index < count; index++) {
      run.path.push(index);
      const rule = index < first.length ? first[index]! : others!;
      if (!rule(value[index], run, undefined)) fits = false;
      run.path.pop();
      seen?.items.add(index);
      if (!fits && run.isOver()) return false;
    }
    return fits;
  };
}

function containsRule(rule: Rule, least: number, most: number): Rule<unknown[]> {
  return (value, run, seen) => {
    let found = 0;
    judgeSilently(run, () => {
      for (let index = 0; index < value.length; index++) {
        if (!rule(value[index], run, undefined)) continue;
        found++;
        seen?.items.add(index);
        if (found > most || (!seen && found >= least && most === Infinity)) break;
      }
      return true;
    });
    if (found < least) return run.fail(`must have at least ${least} items that match the schema in contains`, value);
    return found <= most || run.fail(`must have at most ${most} items that match the schema in contains`, value);
  };
}

function uniqueRule(): Rule<unknown[]> {
  const textOf = createTextOf();
  return (value, run) => {
    run.spend(value.length * 4);
    // Keeps strings apart from other values with the same text.
    const plain = new Map<unknown, number>();
    const texts = new Map<string, number>();
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      const isContainer = typeof item === "object" && item !== null;
      const known = isContainer ? texts : plain;
      const key = (isContainer ? textOf(item, run) : item) as string;
      const twin = known.get(key);
      if (twin !== undefined) return run.fail(`must have unique items, but ${twin} and ${index} are the same`, value);
      known.set(key, index);
    }
    return true;
  };
}

/** `unevaluatedItems`: items that no other rule of the schema has evaluated. */
export function unevaluatedItemsRule(rule: Rule): Rule<unknown[]> {
  return (value, run, seen) => {
    let fits = true;
    for (let index = 0; index < value.length; index++) {
      run.spend(1);
      if (seen!.items.has(index)) continue;
      seen!.items.add(index);
      run.path.push(index);
      if (!rule(value[index], run, undefined)) fits = false;
      run.path.pop();
      if (!fits && run.isOver()) return false;
    }
    return fits;
  };
}
