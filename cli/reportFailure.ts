import { ConnectionError, JobProblemError, WaitTimeoutError } from "../client/index";
import { CommandError, type ExitCode, exitCodes } from "./exitCodes";
import { waitingText } from "./output/jobTables";
import { paint } from "./output/styled";
import { err } from "./output/terminal";

/** Prints on standard error why the command failed and what to do, and returns the exit code. */
export function reportFailure(error: unknown): ExitCode {
  const { lines, hint, exitCode } = explain(error);
  const [first = "", ...more] = lines;
  err.line([paint.red("✖"), " ", first]);
  for (const line of more) err.line(["  ", line]);
  if (hint) err.line(["  ", paint.dim(hint)]);
  if (process.env.DEBUG && error instanceof Error) err.line(error.stack ?? "");
  return exitCode;
}

interface Explanation {
  lines: string[];
  hint?: string;
  exitCode: ExitCode;
}

function explain(error: unknown): Explanation {
  if (error instanceof CommandError) return { lines: [error.message], hint: error.hint, exitCode: error.exitCode };
  if (error instanceof JobProblemError) return explainProblem(error);
  const lines = [error instanceof Error ? error.message : String(error)];
  if (error instanceof WaitTimeoutError) {
    const { waiting } = error.job;
    if (waiting) lines.push(`It waits: ${waitingText(waiting)}`);
    return { lines, hint: `It goes on: batch-jobs wait ${error.job.id}`, exitCode: exitCodes.timeout };
  }
  const hint = error instanceof ConnectionError ? "Is the URL right, and the stack up?" : undefined;
  return { lines, hint, exitCode: exitCodes.failed };
}

function explainProblem({ message, code, errors }: JobProblemError): Explanation {
  const fields = errors.filter((field) => !message.includes(field.message));
  const lines = [message, ...fields.map((field) => `${field.path || "/"}: ${field.message}`)];
  const exitCode = code === "job-not-found" ? exitCodes.notFound : exitCodes.failed;
  return { lines, hint: hints[code], exitCode };
}

const hints: Partial<Record<string, string>> = {
  "job-not-found": "Records are kept for 14 days; batch-jobs list shows the newest jobs",
  "unknown-type": "batch-jobs types lists the job types",
  "type-not-found": "batch-jobs types lists the job types",
  unauthorized: "Check AWS_PROFILE and the region, or give --token for an API with jwt",
  forbidden:
    "A token's scopes come from its issuer, and jwt.operators from the program; without either, AWS credentials serve",
  "unexpected-answer": "Give the component's output url with --url, BATCH_JOBS_URL or --stack",
};
