import { isObject } from "../check";
import type { Schema } from "./references";
import type { MakeRules, Rule } from "./rule";
import { matcher } from "./textRules";

type Fields = Record<string, unknown>;

/** Rules of the properties of objects; `unevaluatedProperties` apart, which comes after all others. */
export const makeObjectRules: MakeRules<Fields> = (schema, resource, compilation) => {
  const rules: Rule<Fields>[] = [];
  const { required, minProperties, maxProperties, propertyNames } = schema;
  if (Array.isArray(required)) rules.push(requiredRule(required as string[]));
  if (typeof minProperties === "number" || typeof maxProperties === "number") {
    rules.push(countRule(minProperties as number | undefined, maxProperties as number | undefined));
  }
  if (propertyNames !== undefined) rules.push(namesRule(compilation.compile(propertyNames as Schema, resource)));
  if (["properties", "patternProperties", "additionalProperties"].some((keyword) => schema[keyword] !== undefined)) {
    rules.push(propertiesRule(schema, resource, compilation));
  }
  for (const keyword of ["dependentRequired", "dependentSchemas", "dependencies"]) {
    const dependencies = isObject(schema[keyword]) ? schema[keyword] : {};
    for (const [key, dependency] of Object.entries(dependencies)) {
      const rule = Array.isArray(dependency)
        ? requiredRule(dependency as string[], key)
        : compilation.compile(dependency as Schema, resource);
      const { hasOwn } = Object;
      rules.push((value, run, seen) => {
        run.spend(1);
        return !hasOwn(value, key) || rule(value, run, seen);
      });
    }
  }
  return rules;
};

function requiredRule(names: string[], dependent?: string): Rule<Fields> {
  const { hasOwn } = Object;
  const end = dependent === undefined ? "" : `, as it has '${dependent}'`;
  return (value, run) => {
    run.spend(names.length);
    let fits = true;
    for (const name of names) {
      if (hasOwn(value, name)) continue;
      fits = run.fail(`must have required property '${name}'${end}`, value);
      if (run.isOver()) return false;
    }
    return fits;
  };
}

function countRule(least = 0, most = Infinity): Rule<Fields> {
  const { keys } = Object;
  return (value, run) => {
    const count = keys(value).length;
    run.spend(count >> 3);
    if (count < least) return run.fail(`must have at least ${least} properties`, value);
    return count <= most || run.fail(`must have at most ${most} properties`, value);
  };
}

function namesRule(rule: Rule): Rule<Fields> {
  const { keys } = Object;
  return (value, run) => {
    let fits = true;
    for (const key of keys(value)) {
      run.path.push(key);
      run.isName = true;
      if (!rule(key, run, undefined)) fits = false;
      run.isName = false;
      run.path.pop();
      if (!fits && run.isOver()) return false;
    }
    return fits;
  };
}

/** `properties`, `patternProperties` and `additionalProperties` in one pass over the value's keys. */
const propertiesRule = (...[schema, resource, compilation]: Parameters<MakeRules<Fields>>): Rule<Fields> => {
  const { properties, patternProperties, additionalProperties } = schema;
  const compile = (part: unknown) => compilation.compile(part as Schema, resource);
  const named = new Map(
    Object.entries(isObject(properties) ? properties : {}).map(([key, part]) => [key, compile(part)]),
  );
  const patterns = Object.entries(isObject(patternProperties) ? patternProperties : {}).map(([pattern, part]) => ({
    matches: matcher(pattern),
    rule: compile(part),
  }));
  if (patterns.length > 0) compilation.hasPatterns = true;
  const additional = additionalProperties === undefined ? undefined : compile(additionalProperties);
  const isClosed = additionalProperties === false;
  const { keys } = Object;
  return (value, run, seen) => {
    let fits = true;
    for (const key of keys(value)) {
      run.spend(1);
      run.path.push(key);
      const ofName = named.get(key);
      let isKnown = ofName !== undefined;
      if (ofName && !ofName(value[key], run, undefined)) fits = false;
      for (const { matches, rule } of patterns) {
        if (!matches(key, run)) continue;
        isKnown = true;
        if (!rule(value[key], run, undefined)) fits = false;
      }
      if (!isKnown && additional && !isClosed && !additional(value[key], run, undefined)) fits = false;
      run.path.pop();
      if (!isKnown && isClosed) fits = run.fail("Expected no such property", undefined, key);
      if (seen && (isKnown || additional)) seen.keys.add(key);
      if (!fits && run.isOver()) return false;
    }
    return fits;
  };
};

/** `unevaluatedProperties`: properties that no other rule of the schema has evaluated. */
export function unevaluatedPropertiesRule(rule: Rule, isClosed: boolean): Rule<Fields> {
  const { keys } = Object;
  return (value, run, seen) => {
    let fits = true;
    for (const key of keys(value)) {
      run.spend(1);
      if (seen!.keys.has(key)) continue;
      seen!.keys.add(key);
      if (isClosed) {
        fits = run.fail("Expected no such property", undefined, key);
      } else {
        run.path.push(key);
        if (!rule(value[key], run, undefined)) fits = false;
        run.path.pop();
      }
      if (!fits && run.isOver()) return false;
    }
    return fits;
  };
}
