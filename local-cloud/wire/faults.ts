import { setTimeout as sleep } from "node:timers/promises";

/** The facts by which a fault matches. */
export interface FaultTarget {
  region: string;
  /** Name in the credential scope: `sqs`, `sns`, `s3`, `dynamodb`; `lambda` for invocations. */
  service: string;
  /** AWS's name of it: `SendMessageBatch`, `Invoke`. */
  action: string;
  body: string;
  /** Name of the calling function or instance; for `lambda`, of the called function. */
  caller?: string;
}

/** An answer in place of the service's own. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

export interface Fault {
  /** @default every region */
  region?: string;
  /** @default every service */
  service?: string;
  /** @default every action */
  action?: string;
  /** Number of calls that it affects. @default every one, until removed */
  times?: number;
  when?: (target: FaultTarget) => boolean;
  /** HTTP status of the refusal; 0 lets the call through, after the delay. @default 503 */
  status?: number;
  /** @default "ServiceUnavailable" */
  code?: string;
  delayMilliseconds?: number;
  /** Leaves the call unanswered until the fault is removed, or the caller gives up. @default false */
  hangs?: boolean;
}

interface Active {
  fault: Fault;
  remaining: number;
  /** Callbacks for the fault's removal. */
  waiting: Set<() => void>;
}

/** Faults injected into the services, for tests. */
export class Faults {
  private active: Active[] = [];

  /** Adds a fault, and returns a function that removes it. */
  add(fault: Fault): () => void {
    const entry: Active = { fault, remaining: fault.times ?? Infinity, waiting: new Set() };
    this.active.push(entry);
    return () => {
      this.active = this.active.filter((other) => other !== entry);
      for (const goOn of entry.waiting) goOn();
    };
  }

  get isEmpty(): boolean {
    return this.active.length === 0;
  }

  /** Waits out and counts a fault that matches this call; returns the refusal to answer with, if any. */
  async strike(target: FaultTarget): Promise<Refusal | undefined> {
    const entry = this.active.find(
      ({ fault, remaining }) =>
        remaining > 0 &&
        (fault.region ?? target.region) === target.region &&
        (fault.service ?? target.service) === target.service &&
        (fault.action === undefined || fault.action === target.action) &&
        (fault.when?.(target) ?? true),
    );
    if (!entry) return undefined;
    entry.remaining--;
    const { delayMilliseconds, status = 503, code = "ServiceUnavailable" } = entry.fault;
    if (delayMilliseconds) await sleep(delayMilliseconds, undefined, { ref: false });
    if (entry.fault.hangs) await new Promise<void>((resolve) => entry.waiting.add(resolve));
    return status === 0 ? undefined : { status, code, message: `Injected fault in ${target.service} ${target.action}` };
  }
}
