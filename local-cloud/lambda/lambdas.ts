import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountId } from "../account";
import { atExit } from "../atExit";
import { bareEnvironment } from "../children";
import type { Alarms } from "../cloudWatch/alarms";
import type { Iam } from "../iam/iam";
import type { Log } from "../log";
import { temporaryFolder } from "../orphans";
import { packageFolder } from "../program/packageFolder";
import type { RegionData } from "../stores/dataFolder";
import type { Messaging } from "../stores/messaging";
import type { Callers } from "../wire/callers";
import { Refused } from "../wire/refusal";
import type { RegionOutage } from "../wire/regionOutage";
import { bootstrap } from "./bootstrap";
import { type EventConfig, type InvocationResult, LambdaFunction, type LambdaSpec } from "./lambdaFunction";

/** Lambda waits 1, then 2 minutes ("Asynchronous invocation: error handling"); too long here. */
const retryDelaysMilliseconds = [200, 800];

/** Start of keys in the folder of data. */
const keptStart = "event ";

/** Arguments of `invokeAsync`. */
type AsyncCall = [nameOrArn: string, payload: string, qualifier: string | undefined];

/** The functions of the local cloud. */
export class Lambdas {
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly folder = temporaryFolder();
  private readonly bootstrap = join(this.folder, "bootstrap.cjs");
  /** Also if nothing stops it first. */
  private readonly leaveFolder = atExit(() => this.removeFolder());
  private isStopped = false;

  constructor(
    private readonly cloud: {
      endpoint: string;
      region: string;
      callers: Callers;
      iam: Iam;
      outage: RegionOutage;
      messaging: Messaging;
      alarms: Pick<Alarms, "measure">;
      data?: RegionData | undefined;
      log: Log;
    },
  ) {
    writeFileSync(this.bootstrap, `(${String(bootstrap)})();\n`);
  }

  /** A fresh folder for a function's code. */
  codeFolder(): string {
    return mkdtempSync(join(this.folder, "code-"));
  }

  create(spec: LambdaSpec): LambdaFunction {
    if (this.isStopped) throw new Error("The local cloud is stopped");
    const runtime = { bootstrap: this.bootstrap, env: this.environmentOf(spec) };
    const created = new LambdaFunction(spec, runtime, {
      onLine: (stream, line) =>
        this.cloud.log({ source: "function", name: spec.name, group: spec.logGroup, stream, line }),
      onEnd: (isFailure, qualifier) => {
        const { alarms } = this.cloud;
        const counts = { Invocations: 1, Errors: Number(isFailure) };
        const ofAll = { FunctionName: spec.name };
        alarms.measure("AWS/Lambda", ofAll, counts);
        if (qualifier) alarms.measure("AWS/Lambda", { ...ofAll, Resource: `${spec.name}:${qualifier}` }, counts);
      },
    });
    void this.functions.get(spec.name)?.stop();
    this.functions.set(spec.name, created);
    return created;
  }

  /** By name or by any ARN that names it: plain, of a version or alias, or the one for API Gateway. */
  find(nameOrArn: string): LambdaFunction | undefined {
    return this.functions.get(/:?function:([\w-]+)/.exec(nameOrArn)?.[1] ?? nameOrArn.replace(/:.*$/, ""));
  }

  /** The ARN of a function with that name, even if it doesn't exist. */
  arnOf(nameOrArn: string): string {
    const name = nameOrArn.startsWith("arn:") ? nameOrArn.replace(/^.*:function:/, "") : nameOrArn;
    return `arn:aws:lambda:${this.cloud.region}:${accountId}:function:${name}`;
  }

  list(): LambdaFunction[] {
    return [...this.functions.values()];
  }

  /** Calls a function and waits for its answer; an error of the handler is an answer too. */
  async invoke(nameOrArn: string, payload: string, qualifier = qualifierOf(nameOrArn)): Promise<InvocationResult> {
    return this.get(nameOrArn).invoke(payload, { qualifier });
  }

  /** Passes on an event. Failures are retried, then go to the failure destination or dead-letter queue. */
  invokeAsync(nameOrArn: string, payload: string, qualifier = qualifierOf(nameOrArn)): void {
    const target = this.get(nameOrArn);
    const { data, log } = this.cloud;
    const key = keptStart + randomUUID();
    data?.put(key, [nameOrArn, payload, qualifier] satisfies AsyncCall);
    this.handleEvent(target, payload, qualifier)
      .catch((error: Error) => {
        if (!this.isStopped) log({ source: "cloud", name: target.spec.name, stream: "stderr", line: error.message });
      })
      .finally(() => {
        if (!this.isStopped) data?.delete(key);
      });
  }

  /** Passes on the events that an earlier run left, once the functions are there. */
  resume(): void {
    for (const [id, call] of this.cloud.data?.take<AsyncCall>(keptStart) ?? []) {
      if (!this.find(call[0])) continue;
      this.cloud.data?.delete(keptStart + id);
      this.invokeAsync(...call);
    }
  }

  async delete(nameOrArn: string): Promise<void> {
    const target = this.get(nameOrArn);
    this.functions.delete(target.spec.name);
    await target.stop();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.list().map((target) => target.stop()));
    this.leaveFolder();
    this.removeFolder();
  }

  private removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get(nameOrArn: string): LambdaFunction {
    const target = this.find(nameOrArn);
    if (!target) throw new Refused(`There is no function ${nameOrArn}`, "ResourceNotFoundException", 404);
    return target;
  }

  private async handleEvent(target: LambdaFunction, payload: string, qualifier?: string): Promise<void> {
    const requestId = randomUUID();
    const { outage } = this.cloud;
    for (let attempt = 1; !this.isStopped; attempt++) {
      await outage.over("lambda");
      const result = await target.invoke(payload, { mayWait: true, requestId, qualifier });
      if (!result.functionError) return;
      // AWS tries for longer than a region is lost.
      if (outage.hits("lambda")) attempt = 0;
      const events = target.eventsOf(qualifier);
      if (attempt > events.maximumRetryAttempts) return this.giveUp(target, payload, result, attempt, events);
      await sleep(retryDelaysMilliseconds[attempt - 1] ?? 800, undefined, { ref: false });
    }
  }

  private giveUp(
    target: LambdaFunction,
    payload: string,
    result: InvocationResult,
    attempts: number,
    { onFailureArn }: EventConfig,
  ): void {
    if (this.isStopped) return;
    const { deadLetterArn, name, roleArn } = target.spec;
    if (!onFailureArn && !deadLetterArn) throw new Error(`${name} failed ${attempts} times, and its event is lost`);
    for (const resource of [onFailureArn, deadLetterArn]) {
      if (resource && !this.cloud.iam.roleMay(roleArn, { action: "sqs:SendMessage", resource })) {
        throw new Error(
          `${name} failed ${attempts} times, and its role may not send the event to ${resource}: it is lost`,
        );
      }
    }
    if (onFailureArn) this.cloud.messaging.send(onFailureArn, failureRecord(target, payload, result, attempts), {});
    if (deadLetterArn) {
      const { errorMessage = "" } = JSON.parse(result.payload) as { errorMessage?: string };
      const attributes = {
        RequestID: result.requestId,
        ErrorCode: "200",
        ErrorMessage: errorMessage.slice(0, 1_000) || "-",
      };
      this.cloud.messaging.send(deadLetterArn, payload, attributes);
    }
  }

  private environmentOf(spec: LambdaSpec): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.cloud.callers.issue({
      name: spec.name,
      roleArn: spec.roleArn,
    });
    return {
      ...bareEnvironment(),
      HOME: this.folder,
      TZ: ":UTC",
      NODE_PATH: sdkFolders().join(delimiter),
      // The SDK warns on every start that it will stop supporting this version of Node.
      NODE_NO_WARNINGS: "1",
      ...spec.environment,
      _HANDLER: spec.handler,
      LAMBDA_TASK_ROOT: spec.folder,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
      AWS_LAMBDA_FUNCTION_NAME: spec.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMegabytes),
      AWS_LAMBDA_LOG_FORMAT: spec.logFormat,
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: randomUUID(),
      AWS_REGION: this.cloud.region,
      AWS_DEFAULT_REGION: this.cloud.region,
      AWS_ENDPOINT_URL: this.cloud.endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    };
  }
}

/** The version or alias of `name:qualifier`, or of an ARN that ends with one. */
export function qualifierOf(nameOrArn: string): string | undefined {
  return /^(?:.*:function:)?[\w-]+:([\w$-]+)$/.exec(nameOrArn)?.[1];
}

/** The SDK's clients in Lambda's runtime, those that the functions use. */
const sdkClients = ["auto-scaling", "dynamodb", "lambda", "scheduler", "sns", "sqs"];

/** Folders with the SDK's clients: if a project has one of them in another version, ours are elsewhere. */
function sdkFolders(): string[] {
  return [...new Set(sdkClients.map((name) => dirname(dirname(packageFolder(`@aws-sdk/client-${name}`)))))];
}

/** The record for a failure destination ("Capturing records of Lambda asynchronous invocations"). */
function failureRecord(target: LambdaFunction, payload: string, result: InvocationResult, attempts: number): string {
  return JSON.stringify({
    version: "1.0",
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: result.requestId,
      functionArn: `${target.spec.arn}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload) as unknown,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: result.functionError },
    responsePayload: JSON.parse(result.payload) as unknown,
  });
}
