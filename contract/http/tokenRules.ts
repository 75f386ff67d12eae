import type { Scope } from "./route";

/** Rights of callers with tokens, as the component's `jwt` says. */
export interface TokenRules {
  /** Scopes that a token needs for the routes of each kind. Without one, each token may submit and read. */
  scopes?: Partial<Record<Scope, string>>;
  /** Subjects that may operate. */
  operators?: string[];
  /** Claim with the tenant to which a token is bound. */
  tenantClaim?: string;
}
