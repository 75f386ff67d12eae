import { compileConditions, type Condition } from "./condition";
import { listOf, textsOf } from "./element";
import { compileGlob, type Glob } from "./glob";
import { compilePrincipal, type Principal, type PrincipalMatch } from "./principal";

/** Place of a statement. */
export interface StatementId {
  /** ARN of the role, or of the resource that owns the policy. */
  owner: string;
  /** Name of the policy. */
  policy: string;
  /** The statement's `Sid`, else its index, from 0. */
  sid: string;
}

/** A statement, compiled for evaluation. */
export interface Statement extends StatementId {
  effect: "Allow" | "Deny";
  /** As written. */
  actions: readonly string[];
  resources: readonly string[];
  isAbout(principal: Principal): PrincipalMatch;
  coversAction(action: string): boolean;
  coversResource(arn: string): boolean;
  holds: Condition;
}

export type Policy = readonly Statement[];

/** `identity` policies belong to a role; `resource` ones, and a role's `trust`, have principals. */
export type PolicyKind = "identity" | "resource" | "trust";

const elements = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"];

/**
 * Parses a policy, given as JSON or as an object.
 *
 * @throws Error that names what is wrong with the document, or what the local cloud can't evaluate
 */
export function parsePolicy(
  document: unknown,
  { owner, policy, kind }: { owner: string; policy: string; kind: PolicyKind },
): Policy {
  try {
    const parsed = (typeof document === "string" ? JSON.parse(document) : document) as Record<string, unknown>;
    const unknown = Object.keys(parsed).find((key) => !["Version", "Id", "Statement"].includes(key));
    if (unknown) throw new Error(`Unknown element ${unknown}`);
    if (parsed.Statement === undefined) throw new Error("Expected `Statement`");
    return (listOf(parsed.Statement) as Record<string, unknown>[]).map((statement, index) =>
      parseStatement(
        statement,
        { owner, policy, sid: typeof statement.Sid === "string" ? statement.Sid : String(index) },
        kind,
      ),
    );
  } catch (error) {
    throw new Error(`The policy ${policy} of ${owner}: ${(error as Error).message}`, { cause: error });
  }
}

function parseStatement(statement: Record<string, unknown>, id: StatementId, kind: PolicyKind): Statement {
  const unknown = Object.keys(statement).find((key) => !elements.includes(key));
  if (unknown) throw new Error(`The local cloud doesn't know the element ${unknown} of a statement`);
  const { Effect, Principal: principal } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") throw new Error(`Expected \`Effect\` as Allow or Deny`);
  if ((principal === undefined) !== (kind === "identity")) {
    throw new Error(kind === "identity" ? "Expected no `Principal`" : "Expected a `Principal`");
  }
  const action = compileEither(statement, "Action", true);
  // A trust policy covers only its role.
  const resource =
    kind === "trust" ? compileEither({ Resource: "*" }, "Resource") : compileEither(statement, "Resource");
  return {
    ...id,
    effect: Effect,
    actions: action.texts,
    resources: resource.texts,
    isAbout: kind === "identity" ? () => "named" : compilePrincipal(principal),
    coversAction: action.covers,
    coversResource: resource.covers,
    holds: compileConditions(statement.Condition),
  };
}

/** `Action` or `NotAction`, `Resource` or `NotResource`: exactly one of the two. */
function compileEither(
  statement: Record<string, unknown>,
  element: "Action" | "Resource",
  ignoresCase = false,
): { texts: string[]; covers: Glob } {
  const plain = statement[element];
  const negated = statement[`Not${element}`];
  if ((plain === undefined) === (negated === undefined)) {
    throw new Error(`Expected either \`${element}\` or \`Not${element}\` in a statement`);
  }
  const texts = textsOf(plain ?? negated);
  const globs = texts.map((text) => compileGlob(text, { ignoresCase }));
  const isNegated = plain === undefined;
  return { texts, covers: (text) => globs.some((matches) => matches(text)) !== isNegated };
}
