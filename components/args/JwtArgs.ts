import type * as pulumi from "@pulumi/pulumi";

/** The tokens with which callers may call the API. */
export interface JwtArgs {
  /**
   * Issuer of the tokens, whose `/.well-known/openid-configuration` API Gateway reads.
   * @example "https://login.example.com"
   */
  issuer: pulumi.Input<string>;
  /** Audiences, one of which a token must be for. @example ["jobs"] */
  audiences: pulumi.Input<string>[];
  /**
   * Scopes that a token needs, by what a caller does; docs/api.md says which route is of which kind.
   * @default - each token may submit and read, and none may operate
   * @example { submit: "jobs/submit", read: "jobs/read", operate: "jobs/operate" }
   */
  scopes?: ScopesArgs;
  /**
   * Subjects (`sub`) whose tokens may operate, for issuers without scopes. Not with `scopes.operate`. Without both,
   * callers operate with AWS credentials, as with `authorization: "iam"`.
   * @default - none
   * @example ["auth0|5f7c8ec7c33c6c004bbafe82"]
   */
  operators?: pulumi.Input<string>[];
  /**
   * Claim with a token's tenant. Its jobs are of that tenant, and it sees and operates on no others. A token without
   * the claim is refused, unless it may operate.
   * @default - a token may name any tenant
   * @example "tenant_id"
   */
  tenantClaim?: pulumi.Input<string>;
}

/** Scopes of tokens. Submitting and reading need none by default. */
export interface ScopesArgs {
  /** To submit jobs. @default - none @example "jobs/submit" */
  submit?: pulumi.Input<string>;
  /** To read jobs and types. @default - none @example "jobs/read" */
  read?: pulumi.Input<string>;
  /**
   * To cancel and retry jobs, and all else that operators do.
   * @default - tokens may not operate
   * @example "jobs/operate"
   */
  operate?: pulumi.Input<string>;
}
