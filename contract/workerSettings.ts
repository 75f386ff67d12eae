import { type Checked, type FieldProblem, isObject } from "./check";
import { parseSecretReference } from "./secretReference";

/**
 * Worker settings, passed as environment variables: written by the fleet's user data, read by the worker.
 * Exactly one of `handler`, `inlineHandler` and `command` is set.
 */
export interface WorkerSettings {
  /** Job type of the worker. */
  type: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** Table of job records; undefined if jobs are not tracked. */
  jobTable?: string;
  /** Table of the jobs' checkpoints; undefined if jobs are not tracked. */
  payloadTable?: string;
  /** Name of a handler module of the worker image. */
  handler?: string;
  /** S3 location of an inline handler's text: `s3://bucket/key`. */
  inlineHandler?: string;
  /** Program and arguments that run one job. */
  command?: string[];
  /** Concurrent jobs; 0 stands for as many as the machine has room for. */
  slots: number;
  /** Memory of each job, in MB. Undefined: an equal share of the machine's. */
  memoryMegabytes?: number;
  /** True if each job gets a GPU; there are then as many slots as GPUs, unless `slots` says fewer. */
  gpu?: boolean;
  /** Messages fetched ahead of free slots. */
  prefetch: number;
  /** Longest duration of one attempt. */
  timeoutSeconds: number;
  maxAttempts: number;
  /** Time of a message's removal from the queue: `after` its job ended, or `before` it runs. */
  acknowledge: "after" | "before";
  /** Seconds that a received message stays hidden between heartbeats. */
  visibilityTimeoutSeconds: number;
  /** First delay between attempts; doubles with each. */
  backoffSeconds: number;
  /** Longest delay between attempts. */
  maxBackoffSeconds: number;
  /** Longest time that running jobs may go on once the worker must stop. */
  drainSeconds: number;
  /** Idle seconds after which a worker asks its group to terminate its instance; 0 for never. */
  idleSeconds: number;
  /** Lifecycle hooks of the Auto Scaling group that the worker completes: once it is ready, and once it has drained. */
  launchHook?: string;
  terminateHook?: string;
  /** Table that the worker reports to. */
  fleetTable: string;
  /** Topic to which final job states are published; undefined when `events` is off. */
  eventsTopic?: string;
  /** Queue of events that the topic did not take, from which the repair run publishes them. */
  keptEventsQueueUrl?: string;
  /** Function that the worker nudges if more jobs wait than it can run, or if any wait as it ends. */
  scalerFunction: string;
  /** References of the handlers' secrets, by variable. */
  secrets?: Record<string, string>;
  /** Dimension of the worker's metrics; `off` for none. @default "type" */
  metrics?: "type" | "component" | "off";
  /** Name of the component, if it is the dimension of the metrics. */
  metricsComponent?: string;
}

/** Settings that are the same for all workers; the queue of jobs hides messages for as long. */
export const fixedWorkerSettings = { visibilityTimeoutSeconds: 60, maxBackoffSeconds: 900 } as const;

interface Variable {
  name: string;
  kind: "text" | "number" | "flag" | "list" | "references";
  isOptional?: true;
}

/** Name of the variable that holds the references of the secrets. */
export const secretsVariable = "WORKER_SECRETS";

const variables: Record<keyof WorkerSettings, Variable> = {
  type: { name: "WORKER_TYPE", kind: "text" },
  queueUrl: { name: "WORKER_QUEUE_URL", kind: "text" },
  deadLetterQueueUrl: { name: "WORKER_DEAD_LETTER_QUEUE_URL", kind: "text" },
  jobTable: { name: "WORKER_JOB_TABLE", kind: "text", isOptional: true },
  payloadTable: { name: "WORKER_PAYLOAD_TABLE", kind: "text", isOptional: true },
  handler: { name: "WORKER_HANDLER", kind: "text", isOptional: true },
  inlineHandler: { name: "WORKER_INLINE_HANDLER", kind: "text", isOptional: true },
  command: { name: "WORKER_COMMAND", kind: "list", isOptional: true },
  slots: { name: "WORKER_SLOTS", kind: "number" },
  memoryMegabytes: { name: "WORKER_MEMORY_MEGABYTES", kind: "number", isOptional: true },
  gpu: { name: "WORKER_GPU", kind: "flag", isOptional: true },
  prefetch: { name: "WORKER_PREFETCH", kind: "number" },
  timeoutSeconds: { name: "WORKER_TIMEOUT_SECONDS", kind: "number" },
  maxAttempts: { name: "WORKER_MAX_ATTEMPTS", kind: "number" },
  acknowledge: { name: "WORKER_ACKNOWLEDGE", kind: "text" },
  visibilityTimeoutSeconds: { name: "WORKER_VISIBILITY_TIMEOUT_SECONDS", kind: "number" },
  backoffSeconds: { name: "WORKER_BACKOFF_SECONDS", kind: "number" },
  maxBackoffSeconds: { name: "WORKER_MAX_BACKOFF_SECONDS", kind: "number" },
  drainSeconds: { name: "WORKER_DRAIN_SECONDS", kind: "number" },
  idleSeconds: { name: "WORKER_IDLE_SECONDS", kind: "number" },
  launchHook: { name: "WORKER_LAUNCH_HOOK", kind: "text", isOptional: true },
  terminateHook: { name: "WORKER_TERMINATE_HOOK", kind: "text", isOptional: true },
  fleetTable: { name: "WORKER_FLEET_TABLE", kind: "text" },
  eventsTopic: { name: "WORKER_EVENTS_TOPIC", kind: "text", isOptional: true },
  keptEventsQueueUrl: { name: "WORKER_KEPT_EVENTS_QUEUE_URL", kind: "text", isOptional: true },
  scalerFunction: { name: "WORKER_SCALER_FUNCTION", kind: "text" },
  secrets: { name: secretsVariable, kind: "references", isOptional: true },
  metrics: { name: "WORKER_METRICS", kind: "text", isOptional: true },
  metricsComponent: { name: "WORKER_METRICS_COMPONENT", kind: "text", isOptional: true },
};

/** Prefix of the worker's own variables; a processor's `environment` may not use it. */
export const workerVariablePrefix = "WORKER_";

/** The settings as environment variables; a flag that is off needs none. */
export function encodeWorkerSettings(settings: WorkerSettings): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [field, { name }] of Object.entries(variables)) {
    const value = settings[field as keyof WorkerSettings];
    if (value !== undefined && value !== false)
      environment[name] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return environment;
}

/** Reads the settings from the environment; names every variable that is missing or wrong. */
export function decodeWorkerSettings(environment: Record<string, string | undefined>): Checked<WorkerSettings> {
  const problems: FieldProblem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [field, variable] of Object.entries(variables)) {
    const text = environment[variable.name];
    if (text) {
      const value = parseValue(text, variable.kind);
      if (value === undefined) {
        problems.push({
          path: variable.name,
          message: `Expected ${expectation[variable.kind]}, got ${JSON.stringify(text)}`,
        });
      }
      settings[field] = value;
    } else if (!variable.isOptional) {
      problems.push({ path: variable.name, message: `Expected ${expectation[variable.kind]}, got nothing` });
    }
  }
  problems.push(
    ...handlerProblems(settings),
    ...acknowledgeProblems(settings.acknowledge),
    ...metricsProblems(settings),
  );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: settings as unknown as WorkerSettings };
}

const expectation = {
  text: "a text",
  number: "a number from 0 up",
  flag: '"true"',
  list: "a JSON array of texts",
  references: "a JSON object of ARNs",
};

function parseValue(
  text: string,
  kind: Variable["kind"],
): string | number | true | string[] | Record<string, string> | undefined {
  if (kind === "text") return text;
  if (kind === "flag") return text === "true" ? true : undefined;
  if (kind === "number") return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  try {
    const value = JSON.parse(text) as unknown;
    if (kind === "references") return isReferences(value) ? value : undefined;
    const isList = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
    return isList ? value : undefined;
  } catch {
    return undefined;
  }
}

function isReferences(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  return Object.values(value).every((item) => typeof item === "string" && parseSecretReference(item) !== undefined);
}

function handlerProblems(settings: Record<string, unknown>): FieldProblem[] {
  const kinds = (["handler", "inlineHandler", "command"] as const).filter((field) => field in settings);
  if (kinds.length === 1) return [];
  const { handler, inlineHandler, command } = variables;
  const got = kinds.length === 0 ? "none" : kinds.map((field) => variables[field].name).join(" and ");
  const message = `Expected one of ${handler.name}, ${inlineHandler.name} and ${command.name}, got ${got}`;
  return [{ path: handler.name, message }];
}

function metricsProblems({ metrics, metricsComponent }: Record<string, unknown>): FieldProblem[] {
  if (metrics !== undefined && metrics !== "type" && metrics !== "component" && metrics !== "off") {
    const message = `Expected "type", "component" or "off", got ${JSON.stringify(metrics)}`;
    return [{ path: variables.metrics.name, message }];
  }
  if (metrics !== "component" || metricsComponent !== undefined) return [];
  return [{ path: variables.metricsComponent.name, message: "Expected the component's name, got nothing" }];
}

function acknowledgeProblems(acknowledge: unknown): FieldProblem[] {
  if (acknowledge === undefined || acknowledge === "after" || acknowledge === "before") return [];
  const message = `Expected "after" or "before", got ${JSON.stringify(acknowledge)}`;
  return [{ path: variables.acknowledge.name, message }];
}
