import { describe } from "../../../contract/check";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import type { Scope } from "../../../contract/http/route";
import type { TokenRules } from "../../../contract/http/tokenRules";
import { tenantPattern } from "../../../contract/limits";
import type { HttpEvent } from "./http";

/** The problem of a caller that names another tenant than the one it is bound to, if it is. */
export function tenantProblem(
  bound: string | undefined,
  tenant: string | undefined,
  path: string,
): ProblemDocument | undefined {
  if (bound === undefined || tenant === bound) return undefined;
  const message = `Expected the token's tenant ${bound}, got ${describe(tenant)}`;
  return problemOf("forbidden", message, [{ path, message }]);
}

/**
 * The tenant to which a caller is bound, if it is, or the problem of one that may not do this. API Gateway has checked
 * the permissions of signed requests, and scopes where a request's path is written as its route's.
 */
export function rightsOf(
  { requestContext: { authorizer } }: HttpEvent,
  scope: Scope,
  { scopes = {}, operators = [], tenantClaim }: TokenRules,
): { tenant?: string } | { problem: ProblemDocument } {
  const claims = authorizer?.jwt?.claims;
  if (!claims) return {};
  // API Gateway hands over a list as `[a b]`.
  const held = (claims.scope ?? claims.scp ?? "").replace(/^\[|\]$/g, "").split(" ");
  const may = (what: Scope) => {
    const needed = scopes[what];
    return needed === undefined ? what !== "operate" || operators.includes(claims.sub ?? "") : held.includes(needed);
  };
  const refuse = (detail: string) => ({ problem: problemOf("forbidden", detail) });
  if (!may(scope)) {
    const needed = scopes[scope];
    return refuse(
      `Expected a token ${needed === undefined ? "of an operator" : `with the scope ${needed}`}, got another`,
    );
  }
  const tenant = tenantClaim === undefined ? undefined : claims[tenantClaim];
  if (tenantClaim === undefined || (tenant === undefined && may("operate"))) return {};
  if (tenant !== undefined && tenantPattern.test(tenant)) return { tenant };
  return refuse(
    `Expected a tenant in the token's claim ${tenantClaim}, got ${tenant === undefined ? "none" : "another value"}`,
  );
}
