import { verify } from "node:crypto";
import { isObject, jsonObjectOf } from "../../../contract/check";
import type { JwtAuthorizer } from "./jwtAuthorizer";
import type { VerificationKey } from "./localIssuer";

/** A token that API Gateway refuses. */
export class InvalidToken extends Error {}

export type Claims = Record<string, unknown>;

/**
 * The claims of a token, checked as API Gateway does ("Control access to HTTP APIs with JWT authorizers in API
 * Gateway").
 *
 * @throws InvalidToken with the reason
 */
export function readToken(
  token: string,
  { issuer, audiences }: Pick<JwtAuthorizer, "issuer" | "audiences">,
  key: VerificationKey,
  now: number,
): Claims {
  const parts = token.split(".");
  const [head = "", body = "", signature = ""] = parts;
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) {
    throw new InvalidToken("the token is not in the form of three base64url parts");
  }
  const { alg, kid } = decode(head);
  if (alg !== "RS256") throw new InvalidToken("the token is not signed with RS256");
  if (kid !== key.id) throw new InvalidToken("the token names no key of the issuer");
  if (!verify("sha256", Buffer.from(`${head}.${body}`), key.publicKey, Buffer.from(signature, "base64url"))) {
    throw new InvalidToken("the token's signature is invalid");
  }
  const claims = decode(body);
  if (claims.iss !== issuer) throw new InvalidToken("the token does not have a valid issuer");
  // `client_id` counts only without an `aud`.
  const named = claims.aud === undefined ? [claims.client_id] : [claims.aud].flat();
  if (!named.some((each) => typeof each === "string" && audiences.includes(each))) {
    throw new InvalidToken("the token does not have a valid audience");
  }
  checkTimes(claims, now / 1_000);
  return claims;
}

function checkTimes({ exp, nbf, iat }: Claims, nowSeconds: number): void {
  if (typeof exp !== "number") throw new InvalidToken("the token does not say when it expires");
  if (exp <= nowSeconds) throw new InvalidToken("the token has expired");
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= nowSeconds)) {
    throw new InvalidToken("the token is not valid yet");
  }
  if (iat !== undefined && !(typeof iat === "number" && iat <= nowSeconds)) {
    throw new InvalidToken("the token was issued in the future");
  }
}

function decode(part: string): Claims {
  const value = jsonObjectOf(Buffer.from(part, "base64url").toString());
  if (value) return value;
  throw new InvalidToken("the token is not made of JSON objects");
}

/** The scopes of a token. */
export function scopesOf({ scope, scp }: Claims): string[] {
  return [scope ?? scp ?? []].flat().flatMap((each) => (typeof each === "string" ? each.split(" ") : []));
}

/** Claims as API Gateway passes them to a function, all as strings. */
export function claimTexts(claims: Claims): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
}

/** Lists come as `[a b]`, objects as `map[key:value]`. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(" ")}]`;
  if (isObject(value)) {
    const pairs = Object.keys(value).sort();
    return `map[${pairs.map((key) => `${key}:${claimText(value[key])}`).join(" ")}]`;
  }
  return String(value);
}
