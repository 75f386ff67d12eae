import { JobError } from "../../contract/record";
import { Job } from "./handler";
import { StopCause } from "./runner";

/** What a handler's thread is started with. */
export interface ThreadData {
  /** Absolute path of the handler module; of an inline handler, where it stands as if it were a file there. */
  modulePath: string;
  /** Text of an inline handler. */
  inlineText?: string;
}

/** From the worker to a handler's thread. `run` numbers the jobs of one thread. */
export type ToThread =
  { kind: "run"; run: number; job: Job } | { kind: "stop"; run: number; cause: StopCause; message: string };

/** From a handler's thread to the worker. */
export type FromThread =
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
  | { kind: "given-back"; run: number; reason: string }
  | (HandlerEnd & { run: number });

/** How a handler ended that ran to its end. */
export type HandlerEnd =
  /** The result as JSON, checked; nothing if there is none. */
  { kind: "succeeded"; json?: string } | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string };
