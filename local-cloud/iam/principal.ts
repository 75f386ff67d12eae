import { accountId } from "../account";
import { textsOf } from "./element";

/** A caller: a role, in which a function or an instance acts, or a service on behalf of a resource. */
export type Principal = { roleArn: string } | { service: string };

/** Match of a statement's principal: by name, by the whole account, or none. */
export type PrincipalMatch = "named" | "account" | undefined;

const rootArn = `arn:aws:iam::${accountId}:root`;

/** A resource policy's `Principal`. @throws Error that names an unknown kind of principal */
export function compilePrincipal(element: unknown): (principal: Principal) => PrincipalMatch {
  if (element === "*") return () => "named";
  if (typeof element !== "object" || element === null) {
    throw new Error(`Expected \`Principal\` as "*" or an object, got ${JSON.stringify(element)}`);
  }
  const { AWS, Service, ...others } = element as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown) throw new Error(`The local cloud doesn't know principals of the kind ${unknown}`);
  const identities = AWS === undefined ? [] : textsOf(AWS);
  const services = Service === undefined ? [] : textsOf(Service);
  return (principal) => {
    if (identities.includes("*")) return "named";
    if ("service" in principal) return services.includes(principal.service) ? "named" : undefined;
    if (identities.includes(principal.roleArn)) return "named";
    return identities.includes(accountId) || identities.includes(rootArn) ? "account" : undefined;
  };
}
