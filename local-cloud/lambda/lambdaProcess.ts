import type { ChildProcess } from "node:child_process";
import { endChild, kill, startChild } from "../children";
import type { LogEntry } from "../log";

export interface Invocation {
  requestId: string;
  functionArn: string;
  /** JSON. */
  payload: string;
}

export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type Outcome = { payload: string } | { error: FunctionError };

/** One execution environment of a function: a process that handles one invocation at a time. */
export class LambdaProcess {
  private readonly child: ChildProcess;
  private settle: ((outcome: Outcome) => void) | undefined;
  private requestId = "";
  isAlive = true;

  constructor(settings: {
    bootstrap: string;
    folder: string;
    env: Record<string, string>;
    onLine: (stream: LogEntry["stream"], line: string) => void;
    onExit: (process: LambdaProcess) => void;
  }) {
    this.child = startChild({
      main: settings.bootstrap,
      cwd: settings.folder,
      env: settings.env,
      onLine: settings.onLine,
    });
    this.child.on("message", (message: Outcome & { requestId?: string }) => {
      if (message.requestId === this.requestId) this.finish(message);
    });
    this.child.once("exit", (code, signal) => {
      this.isAlive = false;
      settings.onExit(this);
      this.finish({ error: exitError(this.requestId, signal ? `signal: ${signal}` : `exit status ${code}`) });
    });
    this.child.once("error", (error) => this.finish({ error: exitError(this.requestId, error.message) }));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Runs one invocation; a process that outlasts the timeout is killed, as Lambda does. */
  run(invocation: Invocation, timeoutSeconds: number): Promise<Outcome> {
    this.requestId = invocation.requestId;
    const deadline = Date.now() + timeoutSeconds * 1_000;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.finish({ error: timeoutError(invocation.requestId, timeoutSeconds) });
        kill(this.child, "SIGKILL");
      }, timeoutSeconds * 1_000);
      this.settle = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      // The exit event reports a process that is already gone.
      this.child.send({ ...invocation, deadline }, () => undefined);
    });
  }

  async end(): Promise<void> {
    await endChild(this.child, 0);
  }

  private finish(outcome: Outcome): void {
    this.settle?.(outcome);
    this.settle = undefined;
  }
}

function exitError(requestId: string, how: string): FunctionError {
  return {
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
  };
}

function timeoutError(requestId: string, timeoutSeconds: number): FunctionError {
  return {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  };
}
