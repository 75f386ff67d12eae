import { accountId } from "../../account";
import { parameterArn } from "../../secrets/secretStore";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** A secret's name is resolved to its ARN ("Actions, resources, and condition keys for AWS Secrets Manager"). */
export function secretsManagerAsks({ request, operation, sources }: Call): Ask[] {
  const id = request.input?.SecretId;
  const action = `secretsmanager:${operation}`;
  if (typeof id !== "string") return [{ action, resource: "*" }];
  const named = `arn:aws:secretsmanager:${sources.region}:${accountId}:secret:${id}`;
  return [{ action, resource: sources.secretArnOf(id) ?? (id.startsWith("arn:") ? id : named) }];
}

/** Each name is checked separately ("Actions, resources, and condition keys for AWS Systems Manager"). */
export function ssmAsks({ request, operation, sources }: Call): Ask[] {
  const { Name, Names } = request.input ?? {};
  const names = (Array.isArray(Names) ? Names : [Name]).filter((name) => typeof name === "string");
  const action = `ssm:${operation}`;
  if (names.length === 0) return [{ action, resource: "*" }];
  const arnOf = (name: string) => (name.startsWith("arn:") ? name : parameterArn(sources.region, name));
  return names.map((name) => ({ action, resource: arnOf(name) }));
}
