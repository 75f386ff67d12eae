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
}
