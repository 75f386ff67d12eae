import type { FieldProblem } from "../contract/check";
import type { OmittedResult } from "../contract/records/record";
import type { Job } from "./job";
import type { JobProblemCode } from "./problemCode";

/** The API refused. The message is the answer's `detail`. */
export class JobProblemError extends Error {
  override readonly name = "JobProblemError";
  /** Stable; see "Errors" in docs/api.md. */
  readonly code: JobProblemCode;
  /** HTTP status. */
  readonly status: number;
  /** The fields at fault, if any. */
  readonly errors: readonly FieldProblem[];

  constructor(problem: { code: JobProblemCode; status: number; detail: string; errors?: readonly FieldProblem[] }) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.errors = problem.errors ?? [];
  }
}

/** No answer came in any try. `cause` is the last try's error. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/**
 * The job succeeded, but its result was too large to be kept, or wasn't fetched: thrown when the program reads
 * `result`.
 */
export class ResultOmitted extends Error {
  override readonly name = "ResultOmitted";
  /** UTF-8 bytes of the result's JSON. */
  readonly bytes: number;
  /** SHA-256 of the result's JSON, in hexadecimal. */
  readonly sha256: string;

  constructor(
    readonly jobId: string,
    { bytes, sha256, reason }: OmittedResult,
  ) {
    super(`The result of job ${jobId} was left out: ${reason}`);
    this.bytes = bytes;
    this.sha256 = sha256;
  }
}

/** A job had not ended when the timeout of a wait was reached. It goes on. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";

  constructor(
    /** The job's last known state. */
    readonly job: Job,
    readonly timeoutSeconds: number,
  ) {
    super(`Job ${job.id} is still ${job.state} after ${timeoutSeconds} s`);
  }
}
