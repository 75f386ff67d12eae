/** Exit codes of the command line, as docs/cli.md has them. */
export const exitCodes = {
  ok: 0,
  /** A job that was waited for failed or was cancelled, or the command itself failed. */
  failed: 1,
  /** The command line is invalid. */
  usage: 2,
  /** There is no such job, or no such dead letter. */
  notFound: 3,
  /** The timeout of a wait was reached. */
  timeout: 4,
  /** Ctrl-C: 128 and the number of the signal, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An invalid command line. */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, exitCodes.usage, hint);
}

/** A failure that says what to do, with the exit code of the process. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
    /** Next step for the user. */
    readonly hint?: string,
  ) {
    super(message);
  }
}
