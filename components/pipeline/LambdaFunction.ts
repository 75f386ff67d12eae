import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { packageRoot } from "../../contract/packageRoot";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { defaults } from "../args/defaults";
import { type LambdaArgs } from "../args/LambdaArgs";
import { useKey } from "../aws/encryption";
import { type PolicyStatement, type Statements, writeLogs } from "../aws/permissions";
import { createRole } from "../aws/roles";
import { lambdaCode, type LambdaName } from "./lambdaCode";

/** A component's inputs for all of its functions. */
export type FunctionSettings = Pick<BatchJobProcessorArgs, "kmsKey" | "tags"> & {
  /** Log group of all functions. */
  logGroup: aws.cloudwatch.LogGroup;
};

export interface LambdaFunctionArgs extends FunctionSettings, LambdaArgs {
  /** Name of the function's text in dist/lambdas. */
  code: LambdaName;
  environment: Record<string, pulumi.Input<string>>;
  /** Permissions of the function, beside writing its own log. */
  statements: PolicyStatement[];
  /** Actions that the called resources' policies grant it, and that may need their key. @default - none */
  calls?: string[];
}

/**
 * A Lambda function from the text that the package's build made: one role, one inline policy, and an archive of its
 * text; the front end's has the OpenAPI document beside it, which costs a start nothing.
 */
export class LambdaFunction extends pulumi.ComponentResource {
  readonly function: aws.lambda.Function;
  readonly role: aws.iam.Role;
  /** Target of callers: the function, or the alias with its provisioned concurrency. */
  readonly target: { arn: pulumi.Output<string>; invokeArn: pulumi.Output<string>; qualifier?: pulumi.Output<string> };

  constructor(name: string, args: LambdaFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:LambdaFunction", name, {}, opts);
    const child = { parent: this };
    const { logGroup, tags } = args;
    const { memorySize, timeoutSeconds } = defaults[args.code];
    const { role, policy } = createRole(
      name,
      { service: "lambda.amazonaws.com", statements: statementsOf(args), tags },
      child,
    );
    this.role = role;
    this.function = new aws.lambda.Function(
      `${name}-function`,
      {
        code: archiveOf(args.code),
        handler: "__index.handler",
        role: role.arn,
        runtime: defaults.lambdaRuntime,
        architectures: ["arm64"],
        timeout: timeoutSeconds,
        memorySize: args.memorySize ?? memorySize,
        environment: { variables: args.environment },
        // Without Lambda's own START, END and REPORT of each run, which cost more than our lines; failures are still
        // logged.
        loggingConfig: {
          ...{ logFormat: "JSON", applicationLogLevel: "INFO", systemLogLevel: "WARN" },
          logGroup: logGroup.name,
        },
        reservedConcurrentExecutions: args.reservedConcurrency,
        publish: args.provisionedConcurrency !== undefined,
        tags,
      },
      { ...child, dependsOn: [policy] },
    );
    this.target =
      args.provisionedConcurrency === undefined ? this.function : this.warm(name, args.provisionedConcurrency);
    this.registerOutputs();
  }

  /** Lets a service call the function for one of its resources: its target, or an alias. */
  permit(
    name: string,
    caller: { principal: string; sourceArn: pulumi.Input<string>; qualifier?: pulumi.Input<string> },
    opts: pulumi.ResourceOptions,
  ): aws.lambda.Permission {
    const called = { function: this.function.name, qualifier: this.target.qualifier };
    return new aws.lambda.Permission(name, { action: "lambda:InvokeFunction", ...called, ...caller }, opts);
  }

  private warm(name: string, environments: number): LambdaFunction["target"] {
    const alias = new aws.lambda.Alias(
      `${name}-alias`,
      { functionName: this.function.name, functionVersion: this.function.version, name: "live" },
      { parent: this },
    );
    new aws.lambda.ProvisionedConcurrencyConfig(
      `${name}-warm`,
      { functionName: this.function.name, qualifier: alias.name, provisionedConcurrentExecutions: environments },
      { parent: this },
    );
    return { arn: alias.arn, invokeArn: alias.invokeArn, qualifier: alias.name };
  }
}

/** The function's permissions with those to write its log and to use the key. */
function statementsOf({ statements, calls = [], logGroup, kmsKey }: LambdaFunctionArgs): Statements {
  const actions = statements.flatMap(({ Action }) => Action);
  return [...statements, writeLogs(logGroup.arn), ...useKey(kmsKey, [...actions, ...calls])];
}

function archiveOf(name: LambdaName): pulumi.asset.AssetArchive {
  return new pulumi.asset.AssetArchive({
    "__index.js": new pulumi.asset.StringAsset(lambdaCode(name)),
    ...(name === "frontend" && { "openapi.json": new pulumi.asset.StringAsset(openApi()) }),
  });
}

function openApi(): string {
  return readFileSync(join(packageRoot(), "openapi.json"), "utf8");
}
