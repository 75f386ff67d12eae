import { type SecretReference } from "../../../contract/secretReference";

const settings = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
};

/**
 * The value of a secret, or of a parameter, from its region. Loads the SDKs here, so that workers without secrets
 * don't need them.
 */
export function fetchSecret(reference: SecretReference, signal: AbortSignal): Promise<string> {
  return reference.service === "ssm" ? fetchParameter(reference, signal) : fetchSecretValue(reference, signal);
}

async function fetchSecretValue({ arn, region }: SecretReference, abortSignal: AbortSignal): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({ ...settings, region });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal });
    if (SecretString === undefined) throw new Error("Expected a text as its value, got bytes");
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function fetchParameter({ arn, region }: SecretReference, abortSignal: AbortSignal): Promise<string> {
  const { GetParametersCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient({ ...settings, region });
  try {
    const command = new GetParametersCommand({ Names: [arn], WithDecryption: true });
    const { Parameters = [] } = await client.send(command, { abortSignal });
    const value = Parameters[0]?.Value;
    if (value === undefined) throw new Error("There is no such parameter");
    return value;
  } finally {
    client.destroy();
  }
}
