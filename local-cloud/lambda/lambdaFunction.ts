import { randomUUID } from "node:crypto";
import type { LogEntry } from "../log";
import { Refused } from "../wire/refusal";
import { type FunctionError, LambdaProcess } from "./lambdaProcess";

/** A function as it was deployed. */
export interface LambdaSpec {
  name: string;
  arn: string;
  roleArn?: string;
  /** Folder that holds the unpacked code. */
  folder: string;
  /** `file.export` */
  handler: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMegabytes: number;
  /** Of what is written by `console`. */
  logFormat: "Text" | "JSON";
  logGroup: string;
  /** Concurrency beyond which callers are throttled. */
  reservedConcurrency?: number;
  /** Target of failed events; a destination of the event configuration comes first. */
  deadLetterArn?: string;
}

/** Handling of a function's asynchronous events. */
export interface EventConfig {
  maximumRetryAttempts: number;
  onFailureArn?: string;
}

export interface InvocationOptions {
  /** True if it waits in line when a call would be throttled. */
  mayWait?: boolean;
  requestId?: string;
  /** Version or alias in the call. */
  qualifier?: string;
}

export interface InvocationResult {
  requestId: string;
  /** JSON: the handler's return value, or the error. */
  payload: string;
  functionError?: "Unhandled";
}

/** Concurrent processes of one function, unless it reserves fewer: a laptop is not a region. */
const maxProcesses = 4;

/** A function and its processes: idle ones are reused, further ones start when all are busy. */
export class LambdaFunction {
  /** By version or alias; "" for calls that name none. */
  readonly eventConfigs = new Map<string, EventConfig>();
  private readonly idle: LambdaProcess[] = [];
  private readonly all = new Set<LambdaProcess>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private isStopped = false;

  constructor(
    readonly spec: LambdaSpec,
    private readonly runtime: { bootstrap: string; env: Record<string, string> },
    private readonly hear: {
      onLine: (stream: LogEntry["stream"], line: string) => void;
      /** Of each invocation. */
      onEnd: (isFailure: boolean, qualifier?: string) => void;
    },
  ) {}

  /** Ids of its living processes. */
  get pids(): number[] {
    return [...this.all].flatMap((process) => process.pid ?? []);
  }

  /** Handling of the events that a version or alias gets, which is its own. */
  eventsOf(qualifier = ""): EventConfig {
    return this.eventConfigs.get(qualifier) ?? { maximumRetryAttempts: 2 };
  }

  /** Starts processes ahead of the first call. */
  warm(count: number): void {
    while (this.all.size < Math.min(count, this.limit)) this.idle.push(this.start());
  }

  /**
   * Runs the handler and waits for its answer. With `mayWait`, an event waits in line when a call would be throttled.
   */
  async invoke(
    payload: string,
    { mayWait = false, requestId = randomUUID(), qualifier }: InvocationOptions = {},
  ): Promise<InvocationResult> {
    await this.enter(mayWait);
    try {
      if (this.isStopped) throw new Refused(`${this.spec.name} is deleted`, "ResourceNotFoundException", 404);
      const process = this.idle.pop() ?? this.start();
      const functionArn = qualifier === undefined ? this.spec.arn : `${this.spec.arn}:${qualifier}`;
      const outcome = await process.run({ requestId, functionArn, payload }, this.spec.timeoutSeconds);
      this.hear.onEnd("error" in outcome, qualifier);
      if (process.isAlive && !("error" in outcome && isFatal(outcome.error))) this.idle.push(process);
      return "error" in outcome
        ? { requestId, payload: JSON.stringify(outcome.error), functionError: "Unhandled" }
        : { requestId, payload: outcome.payload };
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.waiting.splice(0).forEach((proceed) => proceed());
    await Promise.all([...this.all].map((process) => process.end()));
  }

  private get limit(): number {
    return Math.min(maxProcesses, this.spec.reservedConcurrency ?? maxProcesses);
  }

  private async enter(mayWait: boolean): Promise<void> {
    const { name, reservedConcurrency } = this.spec;
    const isThrottled = reservedConcurrency !== undefined && this.running >= reservedConcurrency;
    if (isThrottled && (!mayWait || reservedConcurrency === 0)) {
      throw new Refused(`${name} is at its reserved concurrency`, "TooManyRequestsException", 429);
    }
    while (this.running >= this.limit && !this.isStopped) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running++;
  }

  private start(): LambdaProcess {
    const process = new LambdaProcess({
      bootstrap: this.runtime.bootstrap,
      folder: this.spec.folder,
      env: this.runtime.env,
      onLine: this.hear.onLine,
      onExit: (gone) => {
        this.all.delete(gone);
        const at = this.idle.indexOf(gone);
        if (at >= 0) this.idle.splice(at, 1);
      },
    });
    this.all.add(process);
    return process;
  }
}

/** True if the process is gone or about to be: it must not take another invocation. */
function isFatal({ errorType }: FunctionError): boolean {
  return errorType === "Sandbox.Timedout" || errorType === "Runtime.ExitError";
}
