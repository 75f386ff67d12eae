import type { HttpEvent } from "./http";

/** Characters of a principal in a record: a subject is the issuer's choice. */
const maxPrincipalCharacters = 200;

/** The caller for people: `123456789012 assumed-role/orders`, or `https://login.example.com user-1`. */
export function principalOf(event: HttpEvent): string | undefined {
  return callerOf(event).slice(1).join(" ").slice(0, maxPrincipalCharacters) || undefined;
}

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
