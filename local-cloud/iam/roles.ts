import { parsePolicy, type Policy } from "./policy";

interface Role {
  arn: string;
  trust: Policy;
  /** By name. */
  inline: Map<string, Policy>;
  /** ARNs. */
  attached: Set<string>;
}

/** The programs' roles and their policies: parsed when they are written, since every call needs them. */
export class Roles {
  /** ARN of the role by ARN and by name of the instance profile. */
  readonly profiles = new Map<string, string>();
  /** By name. */
  private readonly roles = new Map<string, Role>();
  /** By ARN. */
  private readonly managed = new Map<string, unknown>();
  /** All policies of a role, by the role's ARN, until one changes. */
  private readonly policies = new Map<string, readonly Policy[]>();

  put(name: string, arn: string, assumeRolePolicy: unknown): void {
    const trust = parsePolicy(assumeRolePolicy, { owner: arn, policy: "trust", kind: "trust" });
    const { inline, attached } = this.roles.get(name) ?? {
      inline: new Map<string, Policy>(),
      attached: new Set<string>(),
    };
    this.roles.set(name, { arn, trust, inline, attached });
    this.policies.clear();
  }

  delete(name: string): void {
    this.roles.delete(name);
    this.policies.clear();
  }

  putInline(roleName: string, policyName: string, document: unknown): void {
    const role = this.get(roleName);
    const where = { owner: role.arn, policy: policyName, kind: "identity" as const };
    role.inline.set(policyName, parsePolicy(document, where));
    this.policies.clear();
  }

  deleteInline(roleName: string, policyName: string): void {
    this.roles.get(roleName)?.inline.delete(policyName);
    this.policies.clear();
  }

  putManaged(arn: string, document: unknown): void {
    parsePolicy(document, { owner: arn, policy: arn, kind: "identity" });
    this.managed.set(arn, document);
    this.policies.clear();
  }

  deleteManaged(arn: string): void {
    this.managed.delete(arn);
    this.policies.clear();
  }

  attach(roleName: string, policyArn: string): void {
    if (!this.managed.has(policyArn)) {
      throw new Error(`The local cloud can't enforce ${policyArn}: it knows the policies that the program made`);
    }
    this.get(roleName).attached.add(policyArn);
    this.policies.clear();
  }

  detach(roleName: string, policyArn: string): void {
    this.roles.get(roleName)?.attached.delete(policyArn);
    this.policies.clear();
  }

  /** All policies of the role; empty for a role from elsewhere. */
  policiesOf(roleArn: string): readonly Policy[] {
    const known = this.policies.get(roleArn);
    if (known) return known;
    const role = this.find(roleArn);
    const attached = [...(role?.attached ?? [])]
      .filter((arn) => this.managed.has(arn))
      .map((arn) => parsePolicy(this.managed.get(arn), { owner: roleArn, policy: arn, kind: "identity" }));
    const all = [...(role?.inline.values() ?? []), ...attached];
    this.policies.set(roleArn, all);
    return all;
  }

  /** Trust policy of the role; undefined for a role from elsewhere. */
  trustOf(roleArn: string): Policy | undefined {
    return this.find(roleArn)?.trust;
  }

  list(): { arn: string; policies: readonly Policy[]; trust: Policy }[] {
    return [...this.roles.values()].map(({ arn, trust }) => ({ arn, trust, policies: this.policiesOf(arn) }));
  }

  private get(name: string): Role {
    const role = this.roles.get(roleNameOf(name));
    if (!role) throw new Error(`Expected a role that was deployed, got ${name}`);
    return role;
  }

  private find(arn: string): Role | undefined {
    const role = this.roles.get(roleNameOf(arn));
    return role?.arn === arn ? role : undefined;
  }
}

function roleNameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^.*[/]/, "");
}
