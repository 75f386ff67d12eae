import { setTimeout as sleep } from "node:timers/promises";

/** What a fault may look at to decide. */
export interface FaultTarget {
  /** As in the credential scope: `sqs`, `sns`, `s3`, `dynamodb`; `lambda` for invocations. */
  service: string;
  /** As AWS calls it: `SendMessageBatch`, `Invoke`. */
  action: string;
  body: string;
  /** Name of the function or instance that calls; for `lambda`, of the function that is called. */
  caller?: string;
}

/** An answer in place of the service's own. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

export interface Fault {
  service: string;
  action: string;
  /** How often it strikes. @default every time, until removed */
  times?: number;
  when?: (target: FaultTarget) => boolean;
  /** HTTP status of the refusal; 0 lets the call through, after the delay. @default 503 */
  status?: number;
  /** @default "ServiceUnavailable" */
  code?: string;
  delayMilliseconds?: number;
}

/** Faults injected into the services, for tests. */
export class Faults {
  private active: { fault: Fault; remaining: number }[] = [];

  /** Adds a fault, and returns what removes it. */
  add(fault: Fault): () => void {
    const entry = { fault, remaining: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      this.active = this.active.filter((other) => other !== entry);
    };
  }

  get isEmpty(): boolean {
    return this.active.length === 0;
  }

  /** Waits out and counts a fault that strikes this call; returns the refusal to answer with, if any. */
  async strike(target: FaultTarget): Promise<Refusal | undefined> {
    const entry = this.active.find(
      ({ fault, remaining }) =>
        remaining > 0 &&
        fault.service === target.service &&
        fault.action === target.action &&
        (fault.when?.(target) ?? true),
    );
    if (!entry) return undefined;
    entry.remaining--;
    const { delayMilliseconds, status = 503, code = "ServiceUnavailable" } = entry.fault;
    if (delayMilliseconds) await sleep(delayMilliseconds, undefined, { ref: false });
    return status === 0 ? undefined : { status, code, message: `Injected fault in ${target.service} ${target.action}` };
  }
}
