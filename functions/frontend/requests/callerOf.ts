import type { HttpEvent } from "./http";

/**
 * The caller, as the scope of `Idempotency-Key`s: account and role or user (sessions of one
 * role are one caller), or a token's issuer and subject; empty if API Gateway doesn't authenticate callers.
 */
export function callerOf({ requestContext: { authorizer } }: HttpEvent): string[] {
  const claims = authorizer?.jwt?.claims;
  if (claims) return ["jwt", claims.iss ?? "", claims.sub ?? ""];
  const { userArn, accountId = "" } = authorizer?.iam ?? {};
  if (userArn === undefined) return accountId ? ["iam", accountId] : [];
  const [, , , , account = accountId, ...rest] = userArn.split(":");
  return ["iam", account, rest.join(":").replace(/^(assumed-role\/[^/]+)\/.*$/s, "$1")];
}
