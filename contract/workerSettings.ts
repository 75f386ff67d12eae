import { type Checked, type FieldProblem, isObject, jsonOf } from "./check";
import { limits } from "./limits";
import { parseSecretReference } from "./secretReference";

interface Option<T> {
  /** The values that it takes. */
  expected: string;
  parse(text: string): T | undefined;
}

interface NumberOption extends Option<number> {
  from: number;
  to: number;
  isWhole: boolean;
}

const text: Option<string> = { expected: "a text", parse: (value) => value };
const flag: Option<boolean> = { expected: '"true"', parse: (value) => (value === "true" ? true : undefined) };
const list: Option<string[]> = { expected: "a JSON array of texts", parse: (value) => parseJson(value, isTexts) };
const url: Option<string> = {
  expected: "an http or https URL",
  parse: (value) => (isReceiver(value) ? value : undefined),
};
const references: Option<Record<string, string>> = {
  expected: "a JSON object of ARNs",
  parse: (value) => parseJson(value, isReferences),
};
const prices: Option<Record<string, number>> = {
  expected: "a JSON object of numbers from 0",
  parse: (value) => parseJson(value, isPrices),
};

function number<Range extends { from: number; to: number }>(range: Range, isWhole = false): NumberOption & Range {
  const { from, to } = range;
  const parse = (value: string) => {
    const parsed = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    return parsed >= from && parsed <= to && (!isWhole || Number.isInteger(parsed)) ? parsed : undefined;
  };
  return { expected: `a ${isWhole ? "whole " : ""}number from ${from} to ${to}`, parse, isWhole, ...range };
}

function whole<Range extends { from: number; to: number }>(range: Range): NumberOption & Range {
  return number(range, true);
}

function choice<T extends string>(...values: T[]): Option<T> {
  const expected = values.map((value) => JSON.stringify(value)).join(" or ");
  return { expected, parse: (text) => values.find((value) => value === text) };
}

function optional<O>(option: O): O & { isOptional: true } {
  return { ...option, isOptional: true };
}

/**
 * The worker's options, each declared here alone: type, environment variable, check and default follow from its entry.
 * They are written by the fleet's user data and read by the worker. Exactly one of `handler`, `inlineHandler` and
 * `command` is set. The variable of `timeoutSeconds` is `WORKER_TIMEOUT_SECONDS`.
 */
export const workerOptions = {
  /** Job type of the worker. */
  type: text,
  queueUrl: text,
  deadLetterQueueUrl: text,
  /** Table of job records; undefined if jobs are not tracked. */
  jobTable: optional(text),
  /** Table of the jobs' payloads and checkpoints; undefined if jobs are not tracked. */
  payloadTable: optional(text),
  /** Bucket of large payloads; undefined if jobs are not tracked. */
  largeValues: optional(text),
  /** Table with the type's schema, by which large payloads are checked; undefined without one. */
  schemaTable: optional(text),
  /** True if the payloads of jobs that were published straight to the topic are kept. */
  keepPayloads: optional(flag),
  /** Form in which the handler gets a payload. */
  payloads: optional(choice("value", "file")),
  /** Name of a handler module of the worker image. */
  handler: optional(text),
  /** S3 location of an inline handler's text: `s3://bucket/key`. */
  inlineHandler: optional(text),
  /** Program and arguments that run one job. */
  command: optional(list),
  /** Concurrent jobs; 0 stands for as many as the machine has room for. */
  slots: whole({ from: 0, to: 1_000, default: 0 }),
  /**
   * Memory of each job, in MB. Undefined: an equal share of the machine's. The largest instances have 32 TiB ("Amazon
   * EC2 High Memory instances").
   */
  memoryMegabytes: optional(whole({ from: 128, to: 32 * 1_024 ** 2 })),
  /** True if each job gets a GPU; there are then as many slots as GPUs, unless `slots` says fewer. */
  gpu: optional(flag),
  /** Messages fetched ahead of free slots. */
  prefetch: whole({ from: 0, to: 1_000, default: 0 }),
  /** Longest duration of one attempt. */
  timeoutSeconds: number({ from: 1, to: limits.maxTimeoutSeconds, default: 900 }),
  maxAttempts: whole({ from: 1, to: limits.maxAttempts, default: 3 }),
  /** Time of a message's removal from the queue: `after` its job ended, or `before` it runs. */
  acknowledge: choice("after", "before"),
  /** Seconds that a received message stays hidden between heartbeats. */
  visibilityTimeoutSeconds: whole({ from: 1, to: limits.maxVisibilitySeconds, default: 60 }),
  /** First delay between attempts; doubles with each. */
  backoffSeconds: number({ from: 0, to: 900, default: 2 }),
  /** Longest delay between attempts. */
  maxBackoffSeconds: number({ from: 0, to: 900, default: 900 }),
  /** Longest time that running jobs may go on once the worker must stop. */
  drainSeconds: number({ from: 0, to: limits.maxTimeoutSeconds, default: 90 }),
  /** Idle seconds after which a worker asks its group to terminate its instance; 0 for never. */
  idleSeconds: number({ from: 0, to: 86_400, default: 20 }),
  /** Lifecycle hooks of the Auto Scaling group that the worker completes: once it is ready, and once it has drained. */
  launchHook: optional(text),
  terminateHook: optional(text),
  /** Table that the worker reports to. */
  fleetTable: text,
  /** Topic to which final job states are published; undefined when `events` is off. */
  eventsTopic: optional(text),
  /** Queue of events that the topic did not take, from which the repair run publishes them. */
  keptEventsQueueUrl: optional(text),
  /** Function that the worker nudges if more jobs wait than it can run, or if any wait as it ends. */
  scalerFunction: text,
  /** References of the handlers' secrets, by variable. */
  secrets: optional(references),
  /** Base URL of the OTLP receiver of spans, and references of its headers, by name; undefined if none are exported. */
  tracesEndpoint: optional(url),
  tracesHeaders: optional(references),
  /** Dollars for an hour of an instance, by instance type, or for any type; undefined while no price is known. */
  instancePrices: optional(prices),
  /** Names of the labels by whose values usage is summed up. */
  usageLabels: optional(list),
  /** Dimension of the worker's metrics; `off` for none. @default "type" */
  metrics: optional(choice("type", "component", "off")),
  /** Name of the component, if it is the dimension of the metrics. */
  metricsComponent: optional(text),
  /** Heap of a handler, in MB. Undefined: three quarters of its job's memory. */
  maxHeapMegabytes: optional(whole({ from: 1, to: 32 * 1_024 ** 2 })),
  /** Port of `/healthz` on the loopback interface; undefined for none. */
  healthPort: optional(whole({ from: 1, to: 65_535 })),
};

type Options = typeof workerOptions;
type Value<O> = O extends Option<infer T> ? T : never;
type OptionalField = { [F in keyof Options]: Options[F] extends { isOptional: true } ? F : never }[keyof Options];

/** Worker settings, passed as environment variables. */
export type WorkerSettings = {
  [F in keyof Options as F extends OptionalField ? never : F]: Value<Options[F]>;
} & { [F in keyof Options as F extends OptionalField ? F : never]?: Value<Options[F]> };

/** Settings that are the same for all workers; the queue of jobs hides messages for as long. */
export const fixedWorkerSettings = {
  visibilityTimeoutSeconds: workerOptions.visibilityTimeoutSeconds.default,
  maxBackoffSeconds: workerOptions.maxBackoffSeconds.default,
};

/** Prefix of the worker's own variables; a processor's `environment` may not use it. */
export const workerVariablePrefix = "WORKER_";

/** Names of the variables that hold references of secrets. */
export const secretsVariables = [variableOf("secrets"), variableOf("tracesHeaders")];

function variableOf(field: keyof Options): string {
  return workerVariablePrefix + field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The settings as environment variables; a flag that is off needs none. */
export function encodeWorkerSettings(settings: WorkerSettings): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const field of fields) {
    const value = settings[field];
    if (value !== undefined && value !== false)
      environment[variableOf(field)] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return environment;
}

const fields = Object.keys(workerOptions) as (keyof Options)[];

/** Reads the settings from the environment; names every variable that is missing or wrong. */
export function decodeWorkerSettings(environment: Record<string, string | undefined>): Checked<WorkerSettings> {
  const problems: FieldProblem[] = [];
  const settings: Record<string, unknown> = {};
  for (const field of fields) {
    const option: Option<unknown> & { isOptional?: true } = workerOptions[field];
    const given = environment[variableOf(field)];
    if (!given && option.isOptional) continue;
    const value = given ? option.parse(given) : undefined;
    if (value !== undefined) settings[field] = value;
    else problems.push(problem(field, `Expected ${option.expected}, got ${given ? JSON.stringify(given) : "nothing"}`));
  }
  problems.push(...handlerProblems(environment));
  if (settings.metrics === "component" && settings.metricsComponent === undefined)
    problems.push(problem("metricsComponent", "Expected the component's name, got nothing"));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: settings as unknown as WorkerSettings };
}

function problem(field: keyof Options, message: string): FieldProblem {
  return { path: variableOf(field), message };
}

function parseJson<T>(text: string, isValid: (value: unknown) => value is T): T | undefined {
  const value = jsonOf(text);
  return isValid(value) ? value : undefined;
}

/** True for the URL of a receiver of spans. Credentials in it would be seen by everyone who sees the settings. */
export function isReceiver(value: string): boolean {
  return URL.canParse(value) && /^https?:\/\/[^@]*$/i.test(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}

function isReferences(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  return Object.values(value).every((item) => typeof item === "string" && parseSecretReference(item) !== undefined);
}

function isPrices(value: unknown): value is Record<string, number> {
  return isObject(value) && Object.values(value).every((item) => typeof item === "number" && item >= 0);
}

function handlerProblems(environment: Record<string, string | undefined>): FieldProblem[] {
  const names = (["handler", "inlineHandler", "command"] as const).map(variableOf);
  const given = names.filter((name) => environment[name]);
  if (given.length === 1) return [];
  const got = given.length === 0 ? "none" : given.join(" and ");
  return [{ path: names[0]!, message: `Expected one of ${names[0]}, ${names[1]} and ${names[2]}, got ${got}` }];
}
