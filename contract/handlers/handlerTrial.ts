import type { JobError } from "../records/record";
import type { Job } from "./handler";

/** One attempt of a job by the worker's own code, without a queue or a record. */
export interface HandlerTrial {
  /** A command, or a module: its file, or the text that stands in for one. */
  handler: { command: string[] } | { modulePath: string; inlineText?: string };
  job: Job;
  timeoutSeconds: number;
  /** Memory of the job, in MB. @default - the machine's, less the worker's share */
  memoryMegabytes?: number | undefined;
  /** Variables of the handler, beside those of this process. */
  environment: Record<string, string>;
  /** Further variables, whose values are masked in errors and logs. */
  secrets: Record<string, string>;
  /** Stops the attempt as the end of its worker would. */
  signal?: AbortSignal | undefined;
}

/** Outcome of an attempt. */
export interface HandlerRun<Result = unknown> {
  /** `given-back`: the job would be tried again, and the attempt not counted. */
  outcome: "succeeded" | "failed" | "given-back";
  /** Value that the handler returned, after JSON. */
  result?: Result;
  /** Error of a failed attempt, as the job's record would have it. */
  error?: JobError;
  /** True if the job would fail for good, without another attempt. */
  isPermanent?: boolean;
  /** Reason, if the handler gave the job back. */
  reason?: string;
  /** Each report, within bounds. */
  progress: { fraction: number; note?: string }[];
  /** Each checkpoint, after JSON. */
  checkpoints: unknown[];
  /** Each line that the handler logged, or wrote to standard output or standard error. */
  logs: {
    level: "debug" | "info" | "warn" | "error";
    message: string;
    fields?: Record<string, unknown>;
    stream?: "stdout" | "stderr";
  }[];
  /** Folder of the attempt, with what was left there; it is removed when this process ends. */
  directory: string;
}

/** Exports of the worker's bundle `trial.js`. */
export interface TrialModule {
  /** @throws Error if the handler can't be loaded. */
  runTrial(trial: HandlerTrial): Promise<HandlerRun>;
}
