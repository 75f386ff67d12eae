import { accountId } from "../account";
import type { AwsRequest } from "../wire/awsRequest";
import type { Caller } from "../wire/callers";
import type { Refusal } from "../wire/faults";
import { denial, sessionArn } from "./denial";
import { type Ask, type Decision, evaluate } from "./evaluate";
import type { Statement } from "./policy";
import type { Principal } from "./principal";
import type { AskSources } from "./requests/call";
import { asksOf } from "./requests/requestsOf";
import { type PolicyTexts, ResourcePolicies } from "./resourcePolicies";
import { Roles } from "./roles";
import { Usage } from "./usage";

/** Removes a statement, or one action of it, from every decision. */
export type Withheld = (statement: Statement, action: string) => boolean;

/** A refused call, or a refused action of a service on a resource's behalf. */
export interface Denied {
  /** Session of the role, or name of the service. */
  principal: string;
  action: string;
  resource: string;
}

/** Lookups that policy decisions depend on. */
export interface IamSources extends Omit<AskSources, "hashKeyOf">, PolicyTexts {
  onDenied: (denied: Denied) => void;
}

/** Decides about a region's calls, by the policies of roles and resources. */
export class Iam {
  readonly usage = new Usage();
  readonly resourcePolicies: ResourcePolicies;
  /** Partition keys of the tables, by the table's name. */
  readonly hashKeys = new Map<string, string>();
  private readonly asking: AskSources;
  private withheld: Withheld | undefined;

  /** @param roles those of the whole account, which a further region has in common with the first */
  constructor(
    private readonly sources: IamSources,
    readonly roles = new Roles(),
  ) {
    this.resourcePolicies = new ResourcePolicies(sources);
    this.asking = { ...sources, hashKeyOf: (table) => this.hashKeys.get(table) };
  }

  /** The refusal of a call, if its caller's role may not make it. The developer has no role and may do anything. */
  refusalOf({ roleArn, name }: Caller, request: AwsRequest, action: string): Refusal | undefined {
    if (roleArn === undefined) return undefined;
    for (const ask of asksOf(request, action, this.asking, (extra) => this.decide(extra, { roleArn }).isAllowed)) {
      const decision = this.decide(ask, { roleArn });
      if (decision.isAllowed) continue;
      this.report(sessionArn({ roleArn, name }), ask);
      return denial(request.service, { roleArn, name }, ask, decision);
    }
    return undefined;
  }

  /** True if a caller may use a resource without a service behind the endpoint, such as an HTTP API. */
  callerMay({ roleArn, name }: Caller, ask: Ask): boolean {
    if (roleArn === undefined) return true;
    return this.settle(ask, { roleArn }, sessionArn({ roleArn, name }));
  }

  /** True if a service may do that in a role, as a schedule or a failure destination does. */
  roleMay(roleArn: string | undefined, ask: Ask): boolean {
    // The developer's own functions have no role.
    if (roleArn === undefined) return true;
    return this.settle(ask, { roleArn }, roleArn);
  }

  /** True if a service may do that on behalf of a resource: the target's own policy decides. */
  serviceMay(service: string, ask: Pick<Ask, "action" | "resource">, sourceArn: string): boolean {
    const context = { "aws:sourcearn": sourceArn, "aws:sourceaccount": accountId };
    return this.settle({ ...ask, context }, { service }, service);
  }

  /**
   * True if a service may act in the role. Roles from elsewhere are unknown. `onBehalfOf`: ARN of the resource
   * for which it acts, for services that name one when they assume a role.
   */
  mayAssume(service: string, roleArn: string, onBehalfOf?: string): boolean {
    const trust = this.roles.trustOf(roleArn);
    if (!trust) return true;
    const context = onBehalfOf && { "aws:sourcearn": onBehalfOf, "aws:sourceaccount": accountId };
    const ask = { action: "sts:AssumeRole", resource: roleArn, ...(context && { context }) };
    const decision = evaluate(ask, { service }, { identity: [], resource: trust }, this.withheld);
    if (decision.isAllowed) this.usage.add(decision.statement, ask.action);
    return decision.isAllowed;
  }

  /** Withholds statements, or actions of them, from every later decision until the returned function is called. */
  withhold(withheld: Withheld): () => void {
    this.withheld = withheld;
    return () => (this.withheld = undefined);
  }

  private settle(ask: Ask, principal: Principal, name: string): boolean {
    const { isAllowed } = this.decide(ask, principal);
    if (!isAllowed) this.report(name, ask);
    return isAllowed;
  }

  private decide(ask: Ask, principal: Principal): Decision {
    const identity = "roleArn" in principal ? this.roles.policiesOf(principal.roleArn) : [];
    const resource = this.resourcePolicies.of(ask.resource);
    const context = {
      // Calls on the loopback interface count as calls over TLS.
      "aws:securetransport": "true",
      "aws:requestedregion": this.sources.region,
      ...("roleArn" in principal && { "aws:principalarn": principal.roleArn, "aws:principalaccount": accountId }),
      ...ask.context,
    };
    const decision = evaluate({ ...ask, context }, principal, { identity, resource }, this.withheld);
    if (decision.isAllowed) this.usage.add(decision.statement, ask.action);
    return decision;
  }

  private report(principal: string, { action, resource }: Ask): void {
    this.sources.onDenied({ principal, action, resource });
  }
}
