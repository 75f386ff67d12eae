import type { Resource, Schema } from "./references";
import type { Compilation, MakeRules, Rule } from "./rule";
import { addSeen, judgeSilently, startSeen } from "./seen";

/** Rules of references, and of schemas that apply to the same value: `allOf`, `anyOf`, `oneOf`, `not`, `if`. */
export const makeCombinedRules: MakeRules<unknown> = (schema, resource, compilation) => {
  const rules: Rule[] = [];
  const compile = (part: unknown) => compilation.compile(part as Schema, resource);
  const compileAll = (parts: unknown) => (Array.isArray(parts) ? (parts as unknown[]).map(compile) : undefined);
  if (typeof schema.$ref === "string") rules.push(referenceRule(schema.$ref, resource, compilation));
  if (typeof schema.$dynamicRef === "string") {
    rules.push(dynamicReferenceRule(schema.$dynamicRef, resource, compilation));
  }
  rules.push(...(compileAll(schema.allOf) ?? []));
  const anyOf = compileAll(schema.anyOf);
  if (anyOf) rules.push(branchesRule(anyOf, false));
  const oneOf = compileAll(schema.oneOf);
  if (oneOf) rules.push(branchesRule(oneOf, true));
  if (schema.not !== undefined) rules.push(notRule(compile(schema.not)));
  if (schema.if !== undefined) {
    const { then: yes = true, else: no = true } = schema;
    rules.push(conditionRule(compile(schema.if), compile(yes), compile(no)));
  }
  return rules;
};

function referenceRule(reference: string, from: Resource, { references, compile }: Compilation): Rule {
  const { schema, resource } = references.resolve(reference, from);
  return compile(schema, resource);
}

/** A reference to the schema that the outermost resource around the value has under the name. */
function dynamicReferenceRule(reference: string, from: Resource, compilation: Compilation): Rule {
  compilation.hasDynamicReferences = true;
  const { references, compile } = compilation;
  const target = references.resolve(reference, from);
  const name = reference.slice(reference.indexOf("#") + 1);
  if (target.resource.dynamicAnchors.get(name) !== target.schema) return compile(target.schema, target.resource);
  return (value, run, seen) => {
    const outermost = (run.scope as Resource[]).find(({ dynamicAnchors }) => dynamicAnchors.has(name));
    const rule = outermost
      ? compile(outermost.dynamicAnchors.get(name)!, outermost)
      : compile(target.schema, target.resource);
    return rule(value, run, seen);
  };
}

/** At least one of the branches fits, or exactly one. Problems of failing branches count only if none fits. */
function branchesRule(branches: Rule[], isExactlyOne: boolean): Rule {
  const noneFits = `must match ${isExactlyOne ? "exactly one schema in oneOf" : "a schema in anyOf"}`;
  return (value, run, seen) => {
    const { problems } = run;
    const before = problems?.length ?? 0;
    let fitting = 0;
    for (const branch of branches) {
      const ofBranch = seen && startSeen();
      if (!branch(value, run, ofBranch)) continue;
      fitting++;
      if (seen && ofBranch) addSeen(ofBranch, seen, run);
      if (isExactlyOne ? fitting > 1 : !seen) break;
    }
    if (fitting > 0 && problems) problems.length = before;
    if (isExactlyOne ? fitting === 1 : fitting > 0) return true;
    return run.fail(fitting > 1 ? `${noneFits}, not several` : noneFits, value);
  };
}

function notRule(rule: Rule): Rule {
  return (value, run) =>
    !judgeSilently(run, () => rule(value, run, undefined)) || run.fail("must not match the schema in not", value);
}

function conditionRule(condition: Rule, yes: Rule, no: Rule): Rule {
  return (value, run, seen) => {
    const ofCondition = seen && startSeen();
    if (!judgeSilently(run, () => condition(value, run, ofCondition))) return no(value, run, seen);
    if (seen && ofCondition) addSeen(ofCondition, seen, run);
    return yes(value, run, seen);
  };
}
