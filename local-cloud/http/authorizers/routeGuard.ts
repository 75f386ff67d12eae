import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { accountId } from "../../account";
import { sessionArn } from "../../iam/denial";
import type { Iam } from "../../iam/iam";
import type { Caller } from "../../wire/callers";
import { Unproven } from "../../wire/signatures/problems";
import type { Signatures } from "../../wire/signatures/signatures";
import { type Target, targetOf } from "../../wire/signatures/target";
import { gatewayAnswer, type HttpAnswer } from "../httpAnswer";
import type { JwtAuthorizer } from "./jwtAuthorizer";
import type { LocalIssuer } from "./localIssuer";
import { claimTexts, InvalidToken, readToken, scopesOf } from "./readToken";
import type { RouteAuthorization } from "./routeAuthorization";

/** A request at its route. */
export interface RoutedRequest {
  message: IncomingMessage;
  body: Buffer;
  /** Resource of `execute-api:Invoke`: ARN of the method and path. */
  arn: string;
  authorization: RouteAuthorization;
  /** The route's own authorizer, if it has one. */
  authorizer?: JwtAuthorizer;
}

/** The caller, as the event's `requestContext.authorizer`; or the answer that refuses the request. */
export type Verdict = { authorizer?: object } | { refusal: HttpAnswer };

/** Checks requests against their route's authorization, and refuses as API Gateway does. */
export class RouteGuard {
  constructor(
    private readonly parts: { region: string; signatures: Signatures; iam: Iam; issuer: LocalIssuer },
    private readonly now: () => number = Date.now,
  ) {}

  async judge(request: RoutedRequest): Promise<Verdict> {
    switch (request.authorization.type) {
      case "NONE":
        return {};
      case "AWS_IAM":
        return this.judgeSignature(request);
      case "JWT":
        return this.judgeToken(request, request.authorization.scopes);
    }
  }

  private async judgeSignature({ message, body, arn }: RoutedRequest): Promise<Verdict> {
    const { region, signatures, iam } = this.parts;
    const target = targetOf(message);
    try {
      const claimant = signatures.claimantOf(message, target);
      const { service, region: signedRegion, accessKeyId } = claimant.claim;
      if (service !== "execute-api" || signedRegion !== region) return { refusal: forbidden };
      await signatures.prove(claimant, message, target, body);
      const { caller } = claimant.issued;
      if (!iam.callerMay(caller, { action: "execute-api:Invoke", resource: arn })) return { refusal: forbidden };
      return { authorizer: { iam: identityOf(caller, accessKeyId) } };
    } catch (error) {
      if (error instanceof Unproven) return { refusal: forbidden };
      throw error;
    }
  }

  private judgeToken({ message, authorizer }: RoutedRequest, scopes: string[]): Verdict {
    const token = authorizer && tokenOf(message, targetOf(message), authorizer);
    if (!token) return { refusal: unauthorized("Bearer") };
    try {
      const claims = readToken(token, authorizer, this.parts.issuer.key, this.now());
      const held = scopesOf(claims).filter((scope) => scopes.includes(scope));
      if (scopes.length > 0 && held.length === 0) {
        const challenge = `Bearer scope="${scopes.join(" ")}" error="insufficient_scope"`;
        return { refusal: withChallenge(forbidden, challenge) };
      }
      return { authorizer: { jwt: { claims: claimTexts(claims), scopes: scopes.length > 0 ? held : null } } };
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      return {
        refusal: unauthorized(`Bearer scope="" error="invalid_token" error_description="${error.message}"`),
      };
    }
  }
}

const forbidden = gatewayAnswer(403, "Forbidden");

function unauthorized(challenge: string): HttpAnswer {
  return withChallenge(gatewayAnswer(401, "Unauthorized"), challenge);
}

function withChallenge(answer: HttpAnswer, challenge: string): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } };
}

function tokenOf({ headers }: IncomingMessage, { query }: Target, { source }: JwtAuthorizer): string | undefined {
  const carried = source.in === "header" ? headers[source.name.toLowerCase()] : query.get(source.name)?.[0];
  return typeof carried === "string" ? carried.replace(/^Bearer(?: +|$)/i, "") : undefined;
}

/**
 * "Working with AWS Lambda proxy integrations for HTTP APIs": `requestContext.authorizer.iam` of payload format 2.0.
 */
function identityOf(caller: Caller, accessKey: string): object {
  const { name, roleArn } = caller;
  const userArn = roleArn === undefined ? `arn:aws:iam::${accountId}:user/${name}` : sessionArn({ roleArn, name });
  const callerId = roleArn === undefined ? uniqueId("AIDA", userArn) : `${uniqueId("AROA", roleArn)}:${name}`;
  return {
    ...{ accessKey, accountId, callerId, userArn, userId: callerId },
    ...{ cognitoIdentity: null, principalOrgId: null },
  };
}

/** Prefixes of IAM's unique ids show the kind of resource ("IAM identifiers"). */
function uniqueId(prefix: string, arn: string): string {
  return `${prefix}${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`;
}
