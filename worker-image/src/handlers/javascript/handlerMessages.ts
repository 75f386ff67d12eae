import { JobError, OmittedResult } from "../../../../contract/records/record";
import { Job } from "../handler";
import { StopCause } from "../runner";

/** What a handler's process loads. */
export interface HandlerSource {
  /** Absolute path of the handler module; of an inline handler, where it stands as if it were a file there. */
  modulePath: string;
  /** Text of an inline handler. */
  inlineText?: string;
}

/** From the worker to a handler's process, as lines of JSON. `run` numbers the jobs of one process. */
export type ToHandler =
  | ({ kind: "load" } & HandlerSource)
  /** `directory`: the attempt's folder. `mark`: by which the processes that it starts are known. */
  | { kind: "run"; run: number; job: Job; directory: string; mark: string }
  | { kind: "stop"; run: number; cause: StopCause; message: string };

/** From a handler's process to the worker. Where `run` may be missing, nobody knows which job it was. */
export type FromHandler =
  | { kind: "ready" }
  | { kind: "unusable"; error: JobError }
  | { kind: "progress"; run: number; fraction: number; note?: string }
  | {
      kind: "log";
      run: number;
      level: "debug" | "info" | "warn" | "error";
      message: string;
      fields?: Record<string, unknown>;
    }
  /** What was written to standard output or standard error. */
  | { kind: "output"; run?: number; stream: "stdout" | "stderr"; text: string }
  /** An error that nobody caught. */
  | { kind: "uncaught"; run?: number; error: JobError; stack?: string }
  /** Somebody called `process.exit`. */
  | { kind: "exiting"; run?: number; code: number }
  | ({ run: number; kind: "ended"; end: HandlerEnd } & Remains);

/** What a job left in the process that it ran in. */
export interface Remains {
  /** Why no further job is to run there. */
  spoiltBy?: string;
  /** Whether it started processes. */
  hasSpawned: boolean;
  /** Whether its folder is empty. */
  isFolderEmpty: boolean;
}

/** How a handler ended that ran to its end. */
export type HandlerEnd =
  /** The result as JSON, checked; nothing if there is none. `omitted`: what is said of one that is too large. */
  | { kind: "succeeded"; json?: string; omitted?: OmittedResult }
  | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string }
  | { kind: "given-back"; reason: string };
