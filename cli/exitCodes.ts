/** What the command line ends with; documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** A job that was waited for failed or was cancelled, or the command itself failed. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** There is no such job, or no such dead letter. */
  notFound: 3,
  /** The time to wait was over. */
  timeout: 4,
  /** Ctrl-C: 128 and the number of the signal, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that says what to do, and what the process ends with. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
    /** What the person could do now. */
    readonly hint?: string,
  ) {
    super(message);
  }
}
