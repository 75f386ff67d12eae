import type { ServerResponse } from "node:http";
import type { AwsRequest } from "../wire/awsRequest";
import { Refused } from "../wire/refusal";
import type { Service } from "../wire/service";
import type { SecretStore, StoredParameter } from "./secretStore";

/** GetSecretValue, on AWS's wire protocol ("AWS Secrets Manager API Reference"). */
export function createSecretsManager(store: SecretStore): Service {
  return service((action, input) => {
    if (action !== "GetSecretValue") throw unknown("Secrets Manager", action);
    const { SecretId, VersionStage = "AWSCURRENT", VersionId } = input as Record<string, string | undefined>;
    if (typeof SecretId !== "string") throw new Refused("Expected SecretId as a text", "ValidationException");
    const secret = store.findSecret(SecretId);
    if (!secret) throw notFound(`Secrets Manager can't find the specified secret.${hint}`);
    const { arn, name, version, createdAt } = secret;
    const isMeant = VersionStage === "AWSCURRENT" && (VersionId === undefined || VersionId === version?.id);
    if (!version || !isMeant) {
      const which = `${VersionId === undefined ? "staging label" : "VersionId"}: ${VersionId ?? VersionStage}`;
      throw notFound(`Secrets Manager can't find the specified secret value for ${which}${hint}`);
    }
    return {
      ARN: arn,
      Name: name,
      VersionId: version.id,
      VersionStages: ["AWSCURRENT"],
      ...(version.base64 === undefined ? { SecretString: version.text } : { SecretBinary: version.base64 }),
      CreatedDate: createdAt.getTime() / 1_000,
    };
  });
}

/** GetParameter and GetParameters, on AWS's wire protocol ("AWS Systems Manager API Reference"). */
export function createParameterStore(store: SecretStore, region: string): Service {
  return service((action, input) => {
    const isDecrypted = input.WithDecryption === true;
    if (action === "GetParameter") {
      const found = store.findParameter(textsOf([input.Name])[0]!, region);
      if (!found) throw new Refused(`There is no such parameter.${hint}`, "ParameterNotFound");
      return { Parameter: parameterView(found, isDecrypted) };
    }
    if (action !== "GetParameters") throw unknown("Systems Manager", action);
    const names = textsOf(input.Names);
    if (names.length === 0 || names.length > 10) throw new Refused("Expected 1 to 10 Names", "ValidationException");
    const found = names.map((name) => ({ name, parameter: store.findParameter(name, region) }));
    return {
      Parameters: found.flatMap(({ parameter }) => (parameter ? [parameterView(parameter, isDecrypted)] : [])),
      InvalidParameters: found.flatMap(({ name, parameter }) => (parameter ? [] : [name])),
    };
  });
}

const hint = " Where the program doesn't make it, give its value in .local-secrets.yaml.";

function service(answerTo: (action: string, input: Record<string, unknown>) => unknown): Service {
  return {
    protocol: "json",
    handle({ action, input = {} }: AwsRequest, response: ServerResponse): void {
      const answer = JSON.stringify(answerTo(action, input));
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(answer);
    },
  };
}

function parameterView(parameter: StoredParameter, isDecrypted: boolean): object {
  const { arn, name, type, value, version, modifiedAt } = parameter;
  return {
    ARN: arn,
    DataType: "text",
    LastModifiedDate: modifiedAt.getTime() / 1_000,
    Name: name,
    Type: type,
    Value: type === "SecureString" && !isDecrypted ? "(encrypted)" : value,
    Version: version,
  };
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "")) return value as string[];
  throw new Refused("Expected the names of parameters as texts", "ValidationException");
}

function notFound(message: string): Refused {
  return new Refused(message, "ResourceNotFoundException");
}

function unknown(service: string, action: string): Refused {
  return new Refused(`The local cloud doesn't know ${action} of ${service}`, "NotImplemented", 501);
}
