import type { AwsRequest } from "../../local-cloud/wire/awsRequest";
import { actionOf } from "../../local-cloud/wire/awsRequest";
import type { LocalCloud } from "../../local-cloud/cloud";
import type { Priced } from "./prices";

/** Calls of one kind, as AWS bills them. */
export interface CallCount {
  /** Who calls what: `front end: sns Publish`. */
  kind: string;
  price: Priced;
  calls: number;
  /** What is billed: a call may be several units, by its size. */
  units: number;
}

/** Bytes that one unit covers ("Amazon SQS pricing", "Amazon SNS pricing"). */
const chunkBytes = 65_536;

export interface Parts {
  /** Name of each function, and what the table calls it. */
  functions: Record<string, string>;
  recordTable: string;
  /** Whether the records have the index by which jobs are listed: a job's first write is one more. */
  isListing: boolean;
  queueUrl: string;
}

/**
 * Counts what the parts on the way of a job ask of AWS, where the local cloud answers: calls to the topic, to the type's
 * queue and to the job records, by function and by workers, and invocations. What goes by time and not by job is counted
 * apart: the scaler, the repair run, workers' reports.
 */
export class CallCounter {
  private counts = new Map<string, CallCount>();
  private others = new Map<string, number>();
  /** Messages deleted from the queue. */
  deleted = 0;
  /** Milliseconds of each function's invocations. */
  private times = new Map<string, number[]>();

  constructor(
    private readonly cloud: LocalCloud,
    private readonly parts: Parts,
  ) {
    for (const [name, service] of cloud.services) {
      cloud.services.set(name, {
        ...service,
        handle: (request, response) => {
          this.note(request, actionOf(request, service.protocol));
          return service.handle(request, response);
        },
      });
    }
    for (const target of cloud.lambdas.list()) {
      const invoke = target.invoke.bind(target);
      target.invoke = async (...args) => {
        const begun = performance.now();
        const result = await invoke(...args);
        this.noteInvocation(target.spec.name, performance.now() - begun);
        return result;
      };
    }
  }

  reset(): void {
    this.counts = new Map();
    this.others = new Map();
    this.times = new Map();
    this.deleted = 0;
  }

  get byJob(): CallCount[] {
    return [...this.counts.values()].sort((one, other) => one.kind.localeCompare(other.kind));
  }

  get byTime(): Record<string, number> {
    return Object.fromEntries([...this.others].sort());
  }

  /** Milliseconds that half of a function's invocations took at the most. */
  medianMilliseconds(name: string): number {
    const sorted = (this.times.get(name) ?? []).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? NaN;
  }

  private noteInvocation(name: string, milliseconds: number): void {
    const part = this.parts.functions[name];
    if (part === undefined) return this.noteOther(`invocation of ${name}`);
    this.add(`${part}: Lambda invocation`, "lambdaRequest", 1);
    this.times.set(name, [...(this.times.get(name) ?? []), milliseconds]);
  }

  private note(request: AwsRequest, action: string): void {
    const caller = this.cloud.callers.find(request.accessKeyId)?.name;
    const part = caller?.startsWith("i-") ? "worker" : this.parts.functions[caller ?? ""];
    // The bench itself looks at tables and queues too.
    if (caller === "local") return;
    const { service, body } = request;
    if (part === undefined) return this.noteOther(`${caller}: ${service} ${action}`);
    const chunks = Math.max(1, Math.ceil(body.length / chunkBytes));
    const kind = `${part}: ${service} ${action}`;
    if (service === "sns") return this.add(kind, "snsPublish", chunks);
    if (service === "sqs") return this.noteQueue(kind, action, body, chunks);
    if (service === "dynamodb") return this.noteTable(kind, action, body);
    this.noteOther(kind);
  }

  private noteQueue(kind: string, action: string, body: Buffer, chunks: number): void {
    const { QueueUrl, Entries } = JSON.parse(body.toString()) as { QueueUrl: string; Entries?: unknown[] };
    if (QueueUrl !== this.parts.queueUrl) return this.noteOther(kind);
    if (action.startsWith("DeleteMessage")) this.deleted += Entries?.length ?? 1;
    this.add(kind, "sqsRequest", chunks);
  }

  private noteTable(kind: string, action: string, body: Buffer): void {
    const { TableName } = JSON.parse(body.toString()) as { TableName?: string };
    if (TableName !== this.parts.recordTable) return this.noteOther(kind);
    if (action === "GetItem") return this.add(kind, "dynamoRead", 1);
    this.add(kind, "dynamoWrite", action === "PutItem" && this.parts.isListing ? 2 : 1);
  }

  private add(kind: string, price: Priced, units: number): void {
    const count = this.counts.get(kind) ?? { kind, price, calls: 0, units: 0 };
    this.counts.set(kind, { ...count, calls: count.calls + 1, units: count.units + units });
  }

  private noteOther(kind: string): void {
    this.others.set(kind, (this.others.get(kind) ?? 0) + 1);
  }
}
