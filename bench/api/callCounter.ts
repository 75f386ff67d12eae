import type { LocalCloud } from "../../local-cloud/cloud";
import type { AwsRequest } from "../../local-cloud/wire/awsRequest";
import { actionOf } from "../../local-cloud/wire/awsRequest";
import type { Priced } from "./prices";

/** Calls of one kind, as AWS bills them. */
export interface CallCount {
  /** Caller and call: `front end: sns Publish`. */
  kind: string;
  price: Priced;
  calls: number;
  /** Billed units: a call may be several, by its size. */
  units: number;
}

/** Bytes that one unit covers ("Amazon SQS pricing", "Amazon SNS pricing"). */
const chunkBytes = 65_536;

export interface Parts {
  /** Names of the functions, and their names in the table. */
  functions: Record<string, string>;
  recordTable: string;
  queueUrl: string;
}

/**
 * Counts the AWS calls of the parts that a job passes, as the local cloud answers them: calls to the topic, to the
 * type's queue and to the job records, by functions and by workers, and invocations. Calls by time instead of by job
 * are counted separately: those of the scaler, the repair run, and workers' reports.
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

  /** Median duration of a function's invocations, in milliseconds. */
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
    // The benchmark itself reads tables and queues too.
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
    // The index by which jobs are listed takes a second write.
    this.add(kind, "dynamoWrite", action === "PutItem" ? 2 : 1);
  }

  private add(kind: string, price: Priced, units: number): void {
    const count = this.counts.get(kind) ?? { kind, price, calls: 0, units: 0 };
    this.counts.set(kind, { ...count, calls: count.calls + 1, units: count.units + units });
  }

  private noteOther(kind: string): void {
    this.others.set(kind, (this.others.get(kind) ?? 0) + 1);
  }
}
