import type { Properties } from "../properties";

interface Statement {
  sid?: string;
  effect?: string;
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  notResources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

/** The policy that `aws.iam.getPolicyDocument` writes from its statements. */
export function policyDocument(inputs: Properties): unknown {
  const statements = (inputs.statements ?? []) as Statement[];
  return { Version: inputs.version ?? "2012-10-17", Statement: statements.map(statementOf) };
}

function statementOf(statement: Statement): unknown {
  return {
    ...(statement.sid && { Sid: statement.sid }),
    Effect: statement.effect ?? "Allow",
    ...(statement.actions && { Action: oneOrAll(statement.actions) }),
    ...(statement.notActions && { NotAction: oneOrAll(statement.notActions) }),
    ...(statement.resources && { Resource: oneOrAll(statement.resources) }),
    ...(statement.notResources && { NotResource: oneOrAll(statement.notResources) }),
    ...(statement.principals && { Principal: principalOf(statement.principals) }),
    ...(statement.conditions && { Condition: conditionOf(statement.conditions) }),
  };
}

function principalOf(principals: NonNullable<Statement["principals"]>): unknown {
  if (principals.some(({ type }) => type === "*")) return "*";
  return Object.fromEntries(principals.map(({ type, identifiers }) => [type, oneOrAll(identifiers)]));
}

function conditionOf(conditions: NonNullable<Statement["conditions"]>): unknown {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions) (merged[test] ??= {})[variable] = oneOrAll(values);
  return merged;
}

function oneOrAll(values: string[]): string | string[] {
  return values.length === 1 ? values[0]! : values;
}
