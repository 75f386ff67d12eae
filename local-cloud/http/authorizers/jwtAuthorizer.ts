import { type Properties, text } from "../../properties";

/** Tokens that an HTTP API takes ("JWTConfiguration", Amazon API Gateway Version 2 API Reference). */
export interface JwtAuthorizer {
  issuer: string;
  audiences: readonly string[];
  /** Place of a request's token. */
  source: { in: "header" | "querystring"; name: string };
}

/** @throws Error that names a field which the local cloud doesn't support */
export function readJwtAuthorizer(inputs: Properties): JwtAuthorizer {
  const { authorizerType, identitySources, jwtConfiguration } = inputs;
  if (authorizerType !== "JWT") {
    const got = JSON.stringify(authorizerType);
    throw new Error(`Expected \`authorizerType\` JWT where the local cloud enforces authorization, got ${got}`);
  }
  const [configuration] = Array.isArray(jwtConfiguration) ? (jwtConfiguration as unknown[]) : [jwtConfiguration];
  const { audiences, ...rest } = (configuration ?? {}) as Properties;
  if (!Array.isArray(audiences) || audiences.length === 0) {
    throw new Error(`Expected \`jwtConfiguration.audiences\` as a list of texts, got ${JSON.stringify(audiences)}`);
  }
  const issuer = text(rest, "issuer");
  const [source = "$request.header.Authorization"] = (identitySources ?? []) as string[];
  const [, place, name] = /^\$request\.(header|querystring)\.([^.]+)$/.exec(source) ?? [];
  if (place === undefined || name === undefined) {
    throw new Error(
      `Expected \`identitySources\` as $request.header.NAME or $request.querystring.NAME, got ${JSON.stringify(source)}`,
    );
  }
  return { issuer, audiences: audiences.map(String), source: { in: place as "header" | "querystring", name } };
}
