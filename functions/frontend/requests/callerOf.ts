import type { HttpEvent } from "./http";

/**
 * Who calls, as far as one caller's `Idempotency-Key`s are told from another's: account and role or user (sessions of one
 * role are one caller), or a token's issuer and subject; nothing where API Gateway asks nobody.
 */
export function callerOf({ requestContext: { authorizer } }: HttpEvent): string[] {
  const claims = authorizer?.jwt?.claims;
  if (claims) return ["jwt", claims.iss ?? "", claims.sub ?? ""];
  const { userArn, accountId = "" } = authorizer?.iam ?? {};
  if (userArn === undefined) return accountId ? ["iam", accountId] : [];
  const [, , , , account = accountId, ...rest] = userArn.split(":");
  return ["iam", account, rest.join(":").replace(/^(assumed-role\/[^/]+)\/.*$/s, "$1")];
}
