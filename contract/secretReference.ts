/** A secret of Secrets Manager or a parameter of Systems Manager, by its ARN. */
export interface SecretReference {
  service: "secretsmanager" | "ssm";
  region: string;
  /** ARN without the key. */
  arn: string;
  /** Key in a secret whose value is a JSON object. */
  key?: string;
}

/** Description of a reference, for the "Expected" half of a message. */
export const referenceExpectation =
  "the whole ARN of a Secrets Manager secret, with #key behind it for one key of a JSON secret, or of an SSM parameter";

/** Secrets Manager ends each ARN in six characters of its own ("What's in a Secrets Manager secret?"). */
const secretArn =
  /^(arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6})(?:#([^\r\n\0]+))?$/;
const parameterArn = /^arn:aws[a-z-]*:ssm:([a-z0-9-]+):\d{12}:parameter\/[A-Za-z0-9_./-]+$/;

/** The parts of a reference; undefined if the text is not one. */
export function parseSecretReference(text: string): SecretReference | undefined {
  const parameter = parameterArn.exec(text);
  if (parameter) return { service: "ssm", region: parameter[1]!, arn: text };
  const secret = secretArn.exec(text);
  if (!secret) return undefined;
  const [, arn, region, key] = secret;
  return { service: "secretsmanager", region: region!, arn: arn!, ...(key !== undefined && { key }) };
}
