import { isObject, jsonObjectOf } from "../../contract/check";
import { parseSecretReference, type SecretReference } from "../../contract/secretReference";
import { accountId } from "../account";
import { Refused } from "../wire/refusal";

/** A secret of Secrets Manager; its first version has the value. */
export interface StoredSecret {
  arn: string;
  name: string;
  createdAt: Date;
  version?: { id: string; text?: string; base64?: string };
}

/** A parameter of Systems Manager. */
export interface StoredParameter {
  arn: string;
  name: string;
  type: string;
  value: string;
  version: number;
  modifiedAt: Date;
}

/**
 * The secrets and parameters of the local cloud. Workers may also name those that the program doesn't make: then the
 * value given for the variable is used.
 */
export class SecretStore {
  private readonly secrets = new Map<string, StoredSecret>();
  private readonly parameters = new Map<string, StoredParameter>();
  /** Variables by reference, as the workers have them. */
  private readonly variables = new Map<string, string>();

  /** @param given values by variable. Others may take their place, which workers read when they start. */
  constructor(public given: Record<string, string> = {}) {}

  addSecret(arn: string, name: string): void {
    if (this.findSecret(name)) throw new Refused(`The secret ${name} already exists.`, "ResourceExistsException");
    this.secrets.set(arn, { arn, name, createdAt: new Date() });
  }

  deleteSecret(arn: string): void {
    this.secrets.delete(arn);
  }

  /** By ARN or name; also one that isn't here, with the values given for it. */
  findSecret(id: string): StoredSecret | undefined {
    return this.secrets.get(id) ?? [...this.secrets.values()].find(({ name }) => name === id) ?? this.standInFor(id);
  }

  putParameter({ arn, name, type, value }: Pick<StoredParameter, "arn" | "name" | "type" | "value">): StoredParameter {
    const version = (this.parameters.get(arn)?.version ?? 0) + 1;
    const parameter = { arn, name, type, value, version, modifiedAt: new Date() };
    this.parameters.set(arn, parameter);
    return parameter;
  }

  deleteParameter(arn: string): void {
    this.parameters.delete(arn);
  }

  /** By ARN or name; also one that isn't here, with the value given for it. */
  findParameter(id: string, region: string): StoredParameter | undefined {
    const arn = id.startsWith("arn:") ? id : parameterArn(region, id);
    const found = this.parameters.get(arn);
    if (found) return found;
    const value = this.referencesTo(arn).flatMap(({ variable }) => this.given[variable] ?? [])[0];
    if (value === undefined) return undefined;
    const name = arn.replace(/^.*?:parameter\//, "/");
    return { arn, name, type: "SecureString", value, version: 1, modifiedAt: new Date() };
  }

  /** Notes the references that workers will read, from their user data. */
  note(references: string | undefined): void {
    const parsed = references === undefined ? undefined : (JSON.parse(references) as unknown);
    if (!isObject(parsed)) return;
    for (const [variable, reference] of Object.entries(parsed)) this.variables.set(String(reference), variable);
  }

  /** Variables that some worker will read, and that have no value. */
  missing(): string[] {
    const missing = [...this.variables].filter(([text]) => {
      const reference = parseSecretReference(text)!;
      if (reference.service === "ssm") return !this.findParameter(reference.arn, reference.region);
      const secret = this.findSecret(reference.arn);
      return !secret?.version || (reference.key !== undefined && !hasKey(secret.version.text, reference.key));
    });
    return [...new Set(missing.map(([, variable]) => variable))].sort();
  }

  /** Values that were given for variables that no worker has. */
  superfluous(): string[] {
    const wanted = new Set(this.variables.values());
    return Object.keys(this.given).filter((variable) => !wanted.has(variable));
  }

  /** For a secret with keys, a JSON object of the given ones. */
  private standInFor(arn: string): StoredSecret | undefined {
    const references = this.referencesTo(arn).filter(({ variable }) => Object.hasOwn(this.given, variable));
    if (references.length === 0) return undefined;
    const whole = references.find(({ key }) => key === undefined);
    const entries = references.map(({ key, variable }) => [key, this.given[variable]]);
    const text = whole ? this.given[whole.variable]! : JSON.stringify(Object.fromEntries(entries));
    const name = arn.replace(/^.*:secret:/, "").slice(0, -7);
    return { arn, name, createdAt: new Date(), version: { id: "given-for-this-run-0000000000000", text } };
  }

  private referencesTo(arn: string): (SecretReference & { variable: string })[] {
    return [...this.variables]
      .map(([text, variable]) => ({ ...parseSecretReference(text)!, variable }))
      .filter((reference) => reference.arn === arn);
  }
}

/** A name with and without the leading slash makes the same ARN. */
export function parameterArn(region: string, name: string): string {
  return `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, "")}`;
}

function hasKey(text: string | undefined, key: string): boolean {
  return Object.hasOwn(jsonObjectOf(text ?? "") ?? {}, key);
}
