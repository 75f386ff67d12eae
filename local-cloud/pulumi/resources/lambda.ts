import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../../cloud";
import { permissionStatement } from "../../iam/resourcePolicies";
import { unpack } from "../../lambda/archive";
import type { LambdaFunction } from "../../lambda/lambdaFunction";
import { optionalNumber, optionalText, type Properties, text } from "../../properties";
import {
  arnOf,
  type Created,
  physicalName,
  putHandler,
  randomHex,
  type ResourceHandler,
  type ResourceHandlers,
} from "../resource";

const lambdaFunction = putHandler(
  async (inputs, context, before) => {
    const { cloud } = context;
    const configs = before && deployed(cloud, before.id).eventConfigs;
    const created = await putFunction(inputs, before?.id ?? physicalName(inputs, context), cloud);
    for (const [qualifier, config] of configs ?? []) deployed(cloud, created.id).eventConfigs.set(qualifier, config);
    return created;
  },
  (id, _state, { cloud }) => cloud.lambdas.delete(id),
);

const permission: ResourceHandler = {
  create(inputs, context) {
    const statementId = physicalName(inputs, context, "statementId");
    const arn = permittedArn(inputs, context.cloud);
    const statement = permissionStatement(arn, {
      statementId,
      action: text(inputs, "action"),
      principal: text(inputs, "principal"),
      sourceArn: optionalText(inputs, "sourceArn"),
      sourceAccount: optionalText(inputs, "sourceAccount"),
    });
    context.cloud.iam.resourcePolicies.put(arn, statementId, statement);
    return { id: statementId, state: { ...inputs, statementId } };
  },
  delete(id, state, { cloud }) {
    // The function may be gone before its permissions.
    if (cloud.lambdas.find(text(state, "function"))) {
      cloud.iam.resourcePolicies.delete(permittedArn(state, cloud), id);
    }
  },
};

const alias: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const arn = `${deployed(cloud, text(inputs, "functionName")).spec.arn}:${name}`;
    return { id: arn, state: { ...inputs, name, arn, invokeArn: invokeArn(cloud, arn) } };
  },
};

const functionEventInvokeConfig: ResourceHandler = {
  create(inputs, { cloud }) {
    const functionName = text(inputs, "functionName");
    const { onFailure } = (inputs.destinationConfig ?? {}) as { onFailure?: { destination: string } };
    if (onFailure && !onFailure.destination.startsWith("arn:aws:sqs:")) {
      throw new Error(`Expected an SQS queue as failure destination in the local cloud, got ${onFailure.destination}`);
    }
    deployed(cloud, functionName).eventConfigs.set(optionalText(inputs, "qualifier") ?? "", {
      maximumRetryAttempts: optionalNumber(inputs, "maximumRetryAttempts") ?? 2,
      onFailureArn: onFailure?.destination,
    });
    return { id: qualifiedId(inputs), state: inputs };
  },
};

const provisionedConcurrencyConfig: ResourceHandler = {
  create(inputs, { cloud }) {
    const target = deployed(cloud, text(inputs, "functionName"));
    target.warm(optionalNumber(inputs, "provisionedConcurrentExecutions") ?? 1);
    return { id: qualifiedId(inputs), state: inputs };
  },
};

/** With the scope `CRUD` the function is called at every change in the resource's life, which `tf` names. */
const invocation: ResourceHandler = {
  async create(inputs, { cloud }) {
    const state = await invokeOnce(inputs, cloud, lifecycle(inputs, "create"));
    return { id: randomHex(32), state };
  },
  async update(_id, state, inputs, { cloud }) {
    return invokeOnce(inputs, cloud, lifecycle(inputs, "update", state));
  },
  async delete(_id, state, { cloud, name }) {
    if (state.lifecycleScope !== "CRUD") return;
    const line = `${name} goes, once its function has run: for a removed job type's queue, which is drained, about a minute`;
    cloud.log({ source: "cloud", name: "deployment", stream: "stderr", line });
    await invokeOnce(state, cloud, lifecycle(state, "delete", state));
  },
};

function lifecycle(inputs: Properties, action: string, before?: Properties): object {
  if (inputs.lifecycleScope !== "CRUD") return {};
  return { tf: { action, prev_input: before ? (JSON.parse(text(before, "input")) as unknown) : null } };
}

async function invokeOnce(inputs: Properties, cloud: LocalCloud, more: object): Promise<Properties> {
  const functionName = text(inputs, "functionName");
  const payload = JSON.stringify({ ...(JSON.parse(text(inputs, "input")) as object), ...more });
  const { payload: result, functionError } = await cloud.lambdas.invoke(functionName, payload);
  if (functionError) throw new Error(`The function ${functionName} returned an error: ${result}`);
  return { ...inputs, result };
}

export const lambda: ResourceHandlers = {
  "aws:lambda/function:Function": lambdaFunction,
  "aws:lambda/permission:Permission": permission,
  "aws:lambda/alias:Alias": alias,
  "aws:lambda/invocation:Invocation": invocation,
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": functionEventInvokeConfig,
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": provisionedConcurrencyConfig,
};

/** A permission for an alias doesn't cover the function. */
function permittedArn(inputs: Properties, cloud: LocalCloud): string {
  const { arn } = deployed(cloud, text(inputs, "function")).spec;
  const qualifier = optionalText(inputs, "qualifier");
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

async function putFunction(inputs: Properties, name: string, cloud: LocalCloud): Promise<Created> {
  const arn = arnOf(cloud, "lambda", `function:${name}`);
  const roleArn = optionalText(inputs, "role");
  if (roleArn && !cloud.iam.mayAssume("lambda.amazonaws.com", roleArn)) {
    throw new Error("The role defined for the function cannot be assumed by Lambda.");
  }
  const folder = cloud.lambdas.codeFolder();
  await unpack(codeOf(inputs), folder);
  const { variables = {} } = (inputs.environment ?? {}) as { variables?: Record<string, string> };
  const logging = inputs.loggingConfig as { logFormat?: "Text" | "JSON"; logGroup?: string } | undefined;
  const deadLetter = inputs.deadLetterConfig as { targetArn?: string } | undefined;
  // -1 means "none reserved" to the provider.
  const reserved = optionalNumber(inputs, "reservedConcurrentExecutions") ?? -1;
  cloud.lambdas.create({
    name,
    arn,
    folder,
    handler: text(inputs, "handler"),
    environment: variables,
    timeoutSeconds: optionalNumber(inputs, "timeout") ?? 3,
    memoryMegabytes: optionalNumber(inputs, "memorySize") ?? 128,
    logFormat: logging?.logFormat ?? "Text",
    logGroup: logging?.logGroup ?? `/aws/lambda/${name}`,
    roleArn,
    reservedConcurrency: reserved < 0 ? undefined : reserved,
    deadLetterArn: deadLetter?.targetArn,
  });
  const version = inputs.publish ? "1" : "$LATEST";
  const qualified = { qualifiedArn: `${arn}:${version}`, qualifiedInvokeArn: invokeArn(cloud, `${arn}:${version}`) };
  return { id: name, state: { ...inputs, name, arn, version, invokeArn: invokeArn(cloud, arn), ...qualified } };
}

function codeOf({ code }: Properties): pulumi.asset.Archive {
  if (pulumi.asset.Archive.isInstance(code)) return code;
  throw new Error("Expected `code` as an archive; images and uploads in S3 can't be run locally");
}

function deployed(cloud: LocalCloud, nameOrArn: string): LambdaFunction {
  const found = cloud.lambdas.find(nameOrArn);
  if (!found) throw new Error(`There is no function ${nameOrArn}`);
  return found;
}

function invokeArn(cloud: LocalCloud, arn: string): string {
  return `arn:aws:apigateway:${cloud.region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
}

function qualifiedId(inputs: Properties): string {
  return [text(inputs, "functionName"), optionalText(inputs, "qualifier")].filter(Boolean).join(",");
}
