import { type JobError } from "../../../../contract/records/record";
import { type Job } from "../handler";
import { type LargeResult } from "../largeResult";
import { type StopCause } from "../runner";

/** Source of the handler that a process loads. */
export interface HandlerSource {
  /**
   * Absolute path of the handler module; for an inline handler, the path at which it is loaded as if it were a file.
   */
  modulePath: string;
  /** Text of an inline handler. */
  inlineText?: string;
}

/** From the worker to a handler's process, as lines of JSON. `run` numbers the jobs of one process. */
export type ToHandler =
  ({ kind: "load" } & HandlerSource) | RunMessage | { kind: "stop"; run: number; cause: StopCause; message: string };

export interface RunMessage {
  kind: "run";
  run: number;
  job: Job;
  /** The attempt's folder. */
  directory: string;
  /** Identifies the processes that it starts. */
  mark: string;
  keepsCheckpoints: boolean;
  traceparent: string;
  /** File with the payload, if the job has none. */
  payloadFile?: PayloadFile | undefined;
  /** File for a result that is too large for a message, if there is a place for one. */
  resultFile?: string | undefined;
}

export interface PayloadFile {
  path: string;
  /** True if the handler gets the file, in the attempt's folder, and false if it gets the JSON in it. */
  isHandedOver: boolean;
}

/** From a handler's process to the worker. A message without `run` can't be assigned to a job. */
export type FromHandler =
  | { kind: "ready" }
  | { kind: "unusable"; error: JobError }
  | { kind: "progress"; run: number; fraction: number; note?: string }
  | { kind: "checkpoint"; run: number; json: string }
  | {
      kind: "log";
      run: number;
      level: "debug" | "info" | "warn" | "error";
      message: string;
      fields?: Record<string, unknown>;
    }
  /** Text written to standard output or standard error. */
  | { kind: "output"; run?: number; stream: "stdout" | "stderr"; text: string }
  /** An uncaught error. */
  | { kind: "uncaught"; run?: number; error: JobError; stack?: string }
  /** A call of `process.exit`. */
  | { kind: "exiting"; run?: number; code: number }
  | ({ run: number; kind: "ended"; end: HandlerEnd } & Remains);

/** Traces that a job left in its process. */
export interface Remains {
  /** Reason why no further job may run there. */
  spoiltBy?: string;
  /** True if it started processes. */
  hasSpawned: boolean;
  /** True if its folder is empty. */
  isFolderEmpty: boolean;
}

/** End of a handler that ran to its end. */
export type HandlerEnd =
  /** The result as JSON, checked; undefined if there is none, or if it is too large for a record. */
  | ({ kind: "succeeded"; json?: string } & Partial<LargeResult>)
  | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string }
  | { kind: "given-back"; reason: string };
