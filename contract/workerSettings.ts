import { Checked, FieldProblem } from "./check";

export const deploymentOnlyModule = true;

/** What a worker is told at its start, as environment variables: written by the fleet's user data, read by the worker. */
export interface WorkerSettings {
  /** Job type it works for. */
  type: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** Table of job records. */
  jobTable: string;
  /** Name of a handler module of the worker image. */
  handler: string;
  /** Jobs at once; 0 stands for the machine's vCPUs. */
  slots: number;
  /** How long one attempt may take. */
  timeoutSeconds: number;
  maxAttempts: number;
  /** How long a received message stays hidden between heartbeats. */
  visibilityTimeoutSeconds: number;
  /** First delay between attempts; doubles with each. */
  backoffSeconds: number;
  /** Longest delay between attempts. */
  maxBackoffSeconds: number;
  /** How long running jobs may go on once the worker is told to stop. */
  drainSeconds: number;
}

const variables: Record<keyof WorkerSettings, string> = {
  type: "WORKER_TYPE",
  queueUrl: "WORKER_QUEUE_URL",
  deadLetterQueueUrl: "WORKER_DEAD_LETTER_QUEUE_URL",
  jobTable: "WORKER_JOB_TABLE",
  handler: "WORKER_HANDLER",
  slots: "WORKER_SLOTS",
  timeoutSeconds: "WORKER_TIMEOUT_SECONDS",
  maxAttempts: "WORKER_MAX_ATTEMPTS",
  visibilityTimeoutSeconds: "WORKER_VISIBILITY_TIMEOUT_SECONDS",
  backoffSeconds: "WORKER_BACKOFF_SECONDS",
  maxBackoffSeconds: "WORKER_MAX_BACKOFF_SECONDS",
  drainSeconds: "WORKER_DRAIN_SECONDS",
};

const numeric: (keyof WorkerSettings)[] = [
  "slots",
  "timeoutSeconds",
  "maxAttempts",
  "visibilityTimeoutSeconds",
  "backoffSeconds",
  "maxBackoffSeconds",
  "drainSeconds",
];

/** Prefix of the variables that belong to the worker; a processor's own `environment` must keep clear of it. */
export const workerVariablePrefix = "WORKER_";

/** The settings as environment variables. */
export function encodeWorkerSettings(settings: WorkerSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([field, name]) => [name, String(settings[field as keyof WorkerSettings])]),
  );
}

/** Reads the settings from the environment; names every variable that is missing or wrong. */
export function decodeWorkerSettings(environment: Record<string, string | undefined>): Checked<WorkerSettings> {
  const problems: FieldProblem[] = [];
  const settings: Record<string, string | number> = {};
  for (const [field, name] of Object.entries(variables)) {
    const text = environment[name];
    const isNumber = numeric.includes(field as keyof WorkerSettings);
    if (text === undefined || text === "") {
      problems.push({ path: name, message: `Expected ${isNumber ? "a number" : "a text"}, got nothing` });
    } else if (isNumber && !/^\d+(\.\d+)?$/.test(text)) {
      problems.push({ path: name, message: `Expected a number from 0 up, got ${JSON.stringify(text)}` });
    } else {
      settings[field] = isNumber ? Number(text) : text;
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: settings as unknown as WorkerSettings };
}
