import type { Context } from "./condition";
import type { Policy, Statement } from "./policy";
import type { Principal } from "./principal";

/** One requested action: an API call may need several. */
export interface Ask {
  /** IAM's name of it: `sqs:SendMessage`. */
  action: string;
  /** ARN, or `*` if the action has no resources. */
  resource: string;
  context?: Context;
}

/** A caller's policies, and a resource's. */
export interface Policies {
  identity: readonly Policy[];
  resource?: Policy;
}

export type Decision =
  | { isAllowed: true; statement: Statement }
  | { isAllowed: false; by: "identity" | "resource"; statement: Statement }
  /** No policy allows it. */
  | { isAllowed: false };

/**
 * Within one account ("Policy evaluation logic"): an explicit deny wins, else either a policy of the role or one of the
 * resource must allow it. A resource policy that names the whole account leaves the decision to the role's policies.
 */
export function evaluate(
  { action, resource, context = {} }: Ask,
  principal: Principal,
  policies: Policies,
  isWithheld: (statement: Statement, action: string) => boolean = () => false,
): Decision {
  let allowing: Statement | undefined;
  const judge = (policy: Policy): Statement | undefined => {
    for (const statement of policy) {
      if (!statement.coversAction(action) || !statement.coversResource(resource)) continue;
      const match = statement.isAbout(principal);
      if (!match || !statement.holds(context) || isWithheld(statement, action)) continue;
      if (statement.effect === "Deny") return statement;
      if (match === "named") allowing ??= statement;
    }
    return undefined;
  };
  for (const policy of policies.identity) {
    const denying = judge(policy);
    if (denying) return { isAllowed: false, by: "identity", statement: denying };
  }
  const denying = policies.resource && judge(policies.resource);
  if (denying) return { isAllowed: false, by: "resource", statement: denying };
  return allowing ? { isAllowed: true, statement: allowing } : { isAllowed: false };
}
