import { type SecretReference } from "../../../contract/secretReference";
import { callTimeouts } from "../services/callTimeouts";

const settings = { maxAttempts: 2, requestHandler: callTimeouts };

/**
 * The value of a secret, or of a parameter, from its region. Loads the SDKs here, so that workers without secrets
 * don't need them.
 */
export function fetchSecret(reference: SecretReference): Promise<string> {
  return reference.service === "ssm" ? fetchParameter(reference) : fetchSecretValue(reference);
}

async function fetchSecretValue({ arn, region }: SecretReference): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({ ...settings, region });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    if (SecretString === undefined) throw new Error("Expected a text as its value, got bytes");
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function fetchParameter({ arn, region }: SecretReference): Promise<string> {
  const { GetParametersCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient({ ...settings, region });
  try {
    const command = new GetParametersCommand({ Names: [arn], WithDecryption: true });
    const { Parameters = [] } = await client.send(command);
    const value = Parameters[0]?.Value;
    if (value === undefined) throw new Error("There is no such parameter");
    return value;
  } finally {
    client.destroy();
  }
}
