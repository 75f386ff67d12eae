import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";

/** Contents of a token. */
export interface TokenRequest {
  issuer: string;
  audience: string;
  subject?: string;
  scopes?: readonly string[];
}

/** The public half of the signing key, and its name. */
export interface VerificationKey {
  id: string;
  publicKey: KeyObject;
}

/** A run is seldom longer. */
const validSeconds = 24 * 3_600;

/** Replaces the issuers that programs name: signs tokens in their name with a key of this run. */
export class LocalIssuer {
  private pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  private readonly keyId = randomUUID();

  constructor(private readonly now: () => number = Date.now) {}

  get key(): VerificationKey {
    return { id: this.keyId, publicKey: this.keys().publicKey };
  }

  /** A token for a day (RFC 7519, in the compact form of RFC 7515). */
  issue({ issuer, audience, subject = "local", scopes = [] }: TokenRequest): string {
    const issuedAt = Math.floor(this.now() / 1_000);
    return this.sign({
      ...{ iss: issuer, sub: subject, aud: audience, iat: issuedAt, exp: issuedAt + validSeconds, jti: randomUUID() },
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    });
  }

  /** A token with exactly these claims. */
  sign(claims: object): string {
    const parts = [{ alg: "RS256", typ: "JWT", kid: this.keyId }, claims].map(encode);
    const signed = parts.join(".");
    return `${signed}.${sign("sha256", Buffer.from(signed), this.keys().privateKey).toString("base64url")}`;
  }

  /** Made at their first use: most stacks need none. */
  private keys() {
    return (this.pair ??= generateKeyPairSync("rsa", { modulusLength: 2_048 }));
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
