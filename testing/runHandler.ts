import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ProcessorArgs } from "../components/args/ProcessorArgs";
import { declarationOf, definitionOf, placeOf } from "../components/handlers/jobs/jobDeclaration";
import { hasOwnHandler, readFilesOf, shipHandlers } from "../components/handlers/shipHandlers";
import { definedFields } from "../contract/definedFields";
import type { DefinedJob } from "../contract/handlers/defineJob";
import type { JobHandler } from "../contract/handlers/handler";
import type { HandlerRun, HandlerTrial, TrialModule } from "../contract/handlers/handlerTrial";
import { workerMain } from "../contract/packageRoot";
import { createSchemaCheck } from "../contract/schema/schemaCheck";

/**
 * A handler to run: the path of its file, relative to the working folder, or what `defineJob` made in it; a function;
 * or a processor as a program has it, of which handler, time, memory and schema count.
 */
export type TriedHandler = string | JobHandler<never> | TriedProcessor;

type TriedProcessor = Pick<
  ProcessorArgs,
  "handler" | "handle" | "command" | "timeoutSeconds" | "memoryMegabytes" | "payloadSchema"
> & { "~types"?: undefined };

/** The job, and what the handler finds around it. */
export interface RunHandlerOptions<Payload = unknown> {
  /** Sent as JSON, as by the API. */
  payload: Payload;
  /** @default - a random one */
  id?: string;
  /** @default "job" */
  type?: string;
  /** @default 1 */
  attempt?: number;
  /** @default - none */
  tenant?: string;
  /** The handler's `job.checkpoint`, sent as JSON. @default - none */
  checkpoint?: unknown;
  /** Longest time of the attempt, in seconds. @default - the processor's, else 300 */
  timeoutSeconds?: number;
  /** Environment variables, beside those of this process. @default - none */
  environment?: Record<string, string>;
  /**
   * Environment variables whose values are masked in errors and logs, as a processor's `secrets` are. @default - none
   */
  secrets?: Record<string, string>;
  /** Stops the attempt as the end of its worker would: the job is given back. @default - none */
  signal?: AbortSignal;
}

const defaultTimeoutSeconds = 300;

/**
 * Runs a handler on one job, in a unit test: in a process of its own and by the worker's own code, so that results,
 * errors, exit codes, time and memory count as they do on AWS. Nothing else of the system is there.
 *
 * @throws Error if the handler can't be shipped or loaded, or the payload doesn't fit the schema of its job type.
 */
export function runHandler<Name extends string, Input, Payload, Result>(
  job: DefinedJob<Name, Input, Payload, Result>,
  options: RunHandlerOptions<Input>,
): Promise<HandlerRun<Result>>;
export function runHandler<Result = unknown>(
  handler: TriedHandler,
  options: RunHandlerOptions,
): Promise<HandlerRun<Result>>;
export async function runHandler(handler: TriedHandler | DefinedJob, options: RunHandlerOptions): Promise<HandlerRun> {
  const processor = withDeclaration(asProcessor(handler), handler);
  const { payload, id = randomUUID(), type = "job", attempt = 1, tenant, checkpoint, signal } = options;
  const { environment = {}, secrets = {} } = options;
  expectFitting(payload, processor.payloadSchema);
  const { timeoutSeconds = processor.timeoutSeconds ?? defaultTimeoutSeconds } = options;
  const submittedAt = new Date().toISOString();
  const job = definedFields({ id, type, payload, attempt, submittedAt, tenant, checkpoint });
  const trial = { handler: await handlerOf(processor, type), job, timeoutSeconds, environment, secrets, signal };
  return loadTrial().runTrial({ ...trial, memoryMegabytes: processor.memoryMegabytes });
}

function asProcessor(handler: TriedHandler | DefinedJob): TriedProcessor {
  const defined = definitionOf(handler);
  if (defined) return { handler: placeOf(defined.place.stack)?.[0] };
  if (typeof handler === "string") return { handler };
  if (typeof handler === "function") return { handle: handler as ProcessorArgs["handle"] };
  return handler as TriedProcessor;
}

/** Adds what the handler's file says, if it does so by `defineJob`. */
function withDeclaration(processor: TriedProcessor, tried: unknown): TriedProcessor {
  const [file] = readFilesOf([{ handler: processor.handler, isStockImage: true }]);
  const isSame = () => isDeepStrictEqual(asData(declarationOf(tried)), asData(file?.declaration));
  if (definitionOf(tried) && file?.problems.length === 0 && !isSame()) {
    throw new Error(`Expected the job as the default export of ${processor.handler}, got another: it runs by its file`);
  }
  const { options, payloadSchema } = file?.declaration ?? {};
  return { ...options, payloadSchema, ...processor };
}

/** The declaration as read from a file, less its place. */
function asData(declaration: object | undefined): unknown {
  return JSON.parse(JSON.stringify({ ...declaration, place: undefined }));
}

function expectFitting(payload: unknown, schema: Record<string, unknown> | undefined): void {
  if (schema === undefined) return;
  const check = createSchemaCheck(schema, (_milliseconds, task) => (task(), true));
  const problems = check(payload).map(({ path, message }) => `${path}: ${message}`);
  if (problems.length > 0) throw new Error(`The API would refuse this payload:\n  ${problems.join("\n  ")}`);
}

async function handlerOf(processor: TriedProcessor, type: string): Promise<HandlerTrial["handler"]> {
  const { handler, handle, command } = processor;
  if (command) return { command };
  const processors = join(workerFolder(), "processors");
  if (handler === undefined && handle === undefined) {
    throw new Error("Expected a handler: a file's path, a function, or a processor with handler, handle or command");
  }
  if (!hasOwnHandler(processor)) return { modulePath: join(processors, `${handler}.js`) };
  const shipped = await shipHandlers([{ type, handle, handler, isStockImage: true }]);
  return { inlineText: shipped.get(type)!.text, modulePath: join(processors, `${type}-in-test.js`) };
}

function workerFolder(): string {
  return dirname(workerMain());
}

/** The worker's code, as built for its image. */
function loadTrial(): TrialModule {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a bundle, which isn't compiled with this
  return require(join(workerFolder(), "trial.js")) as TrialModule;
}
