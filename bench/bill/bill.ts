import type { ServerResponse } from "node:http";
import { sumOf } from "../../contract/sumOf";
import type { AwsRequest, LocalCloud, LogEntry } from "../../local-cloud/index";
import { quantiles } from "../support/quantiles";
import { prices } from "./prices";

/** Rows of a bill that the local cloud can count. */
export const rows = ["requests", "logs", "functions", "scaler"] as const;
export type Row = (typeof rows)[number];

/** Bytes that CloudWatch Logs bills with each event ("Amazon CloudWatch pricing"). */
const eventBytes = 26;
const logGigabyteDollars = 0.5;
const chunkBytes = 65_536;

/**
 * An access-log line of a caller that signs: what API Gateway puts in the place of each variable, as long as it usually
 * is.
 */
const accessLine = JSON.stringify({
  requestId: "bVZ1hgmCIAMEVjQ=",
  time: "26/Nov/2026:02:00:00 +0000",
  ip: "203.0.113.100",
  caller: "arn:aws:sts::123456789012:assumed-role/orders-service/i-0123456789abcdef0",
  method: "POST",
  path: "/jobs",
  status: "202",
  bytes: "167",
  latencyMs: "25",
  integrationError: "-",
});

/** Counts what AWS would bill, in dollars by row, and what the lines of the logs hold. */
export class Bill {
  private readonly dollars: Record<Row, number> = { requests: 0, logs: 0, functions: 0, scaler: 0 };
  private readonly bytes = new Map<string, number>();
  private readonly runs = new Map<string, { memoryMegabytes: number; seconds: number[] }>();
  readonly calls = new Map<string, number>();

  constructor(
    cloud: LocalCloud,
    /** Table of the records: its index makes a job's first write two. */
    private readonly recordTable: string,
    /** Parts that are counted; all by default. */
    private readonly parts?: readonly string[],
  ) {
    for (const [name, service] of cloud.services) {
      const handle: typeof service.handle = (request, response) => {
        this.noteCall(request, response);
        return service.handle(request, response);
      };
      cloud.services.set(name, { ...service, handle });
    }
    for (const target of cloud.lambdas.list()) {
      const invoke = target.invoke.bind(target);
      target.invoke = async (...args) => {
        const begun = performance.now();
        const result = await invoke(...args);
        this.noteRun(target.spec, (performance.now() - begun) / 1_000);
        return result;
      };
    }
  }

  /** Number of jobs counted; the rest is in dollars for a million of them, `logBytes` by who writes them, for one. */
  perMillion(jobs: number) {
    const scale = (value: number) => (value / jobs) * 1e6;
    const logBytes = Object.fromEntries([...this.bytes].sort().map(([who, bytes]) => [who, Math.round(bytes / jobs)]));
    const all = { ...this.dollars };
    for (const [name, { memoryMegabytes, seconds }] of this.runs) {
      const gbSeconds = (seconds.length * lowerQuartile(seconds) * memoryMegabytes) / 1_024;
      all[partOf(name) === "scaler" ? "scaler" : "functions"] += (gbSeconds * prices.lambdaGbSecond) / 1e6;
    }
    const dollars = Object.fromEntries(rows.map((row) => [row, scale(all[row])])) as Record<Row, number>;
    const calls = Object.fromEntries([...this.calls].sort().map(([kind, count]) => [kind, count / jobs]));
    return { dollars, logBytes, calls };
  }

  noteRequest(): void {
    this.dollars.requests += prices.apiRequest / 1e6;
    this.noteLine("access log", accessLine);
  }

  /** A line of metrics is none here: they are off. */
  noteLog({ source, name, line }: LogEntry): void {
    if (source === "cloud") return;
    this.noteLine(source === "worker" ? "worker" : partOf(name), line);
  }

  private isCounted(part: string): boolean {
    return this.parts?.includes(part) ?? true;
  }

  private noteLine(who: string, line: string): void {
    if (!this.isCounted(who)) return;
    const bytes = Buffer.byteLength(line) + eventBytes;
    this.bytes.set(who, (this.bytes.get(who) ?? 0) + bytes);
    this.dollars.logs += (bytes / 1e9) * logGigabyteDollars;
  }

  private noteRun({ name, memoryMegabytes }: { name: string; memoryMegabytes: number }, seconds: number): void {
    const part = partOf(name);
    if (!this.isCounted(part)) return;
    this.noteKind(`invocation of ${part}`);
    this.dollars[part === "scaler" ? "scaler" : "requests"] += prices.lambdaRequest / 1e6;
    const runs = this.runs.get(name) ?? { memoryMegabytes, seconds: [] };
    this.runs.set(name, runs);
    runs.seconds.push(seconds);
  }

  private noteCall(request: AwsRequest, response: ServerResponse): void {
    const { service, action } = request;
    const caller = request.caller.name;
    // The benchmark itself looks at tables, too.
    if (caller === "local") return;
    const part = caller.startsWith("i-") ? "worker" : partOf(caller);
    if (!this.isCounted(part)) return;
    this.noteKind(`${part}: ${service} ${action}${tableOf(request)}`);
    const add = (millionDollars: number) => {
      this.dollars[part === "scaler" ? "scaler" : "requests"] += millionDollars / 1e6;
    };
    if (service === "dynamodb" && /^(GetItem|BatchGetItem|Query|Scan)$/.test(action)) {
      whenRead(request, response, (units) => add(units * prices.dynamoRead));
    } else add(this.priceOf(request));
  }

  private noteKind(kind: string): void {
    this.calls.set(kind, (this.calls.get(kind) ?? 0) + 1);
  }

  private priceOf({ service, action, body, input = {} }: AwsRequest): number {
    const chunks = Math.max(1, Math.ceil(body.length / chunkBytes));
    if (service === "sns") return chunks * prices.snsPublish;
    if (service === "sqs") return chunks * prices.sqsRequest;
    if (service !== "dynamodb") return 0;
    if (action === "BatchWriteItem") {
      const items = Object.values(input.RequestItems as Record<string, object[]>).flat();
      const kilobytes = (item: object) => Math.ceil(JSON.stringify(item).length / 1_024);
      return items.reduce((sum, item) => sum + kilobytes(item) * prices.dynamoWrite, 0);
    }
    return action === "PutItem" && input.TableName === this.recordTable ? 2 * prices.dynamoWrite : prices.dynamoWrite;
  }
}

/** Asks how many read units a call consumes, and gives them once it is answered. */
function whenRead(request: AwsRequest, response: ServerResponse, take: (units: number) => void): void {
  request.body = Buffer.from(JSON.stringify({ ...request.input, ReturnConsumedCapacity: "TOTAL" }));
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  response.end = (...args: unknown[]) => {
    take(readUnits(request.input, JSON.parse(String(args[0])) as ReadAnswer));
    return end(...args);
  };
}

interface ReadAnswer {
  ConsumedCapacity?: Capacity | Capacity[];
}

interface Capacity {
  CapacityUnits: number;
}

/**
 * Units that AWS bills for a read, by table: half a unit at least, or one if it is consistent. A query that finds
 * nothing is 0 in dynalite's answer.
 */
export function readUnits(input: AwsRequest["input"], { ConsumedCapacity = [] }: ReadAnswer): number {
  const least = input?.ConsistentRead === true ? 1 : 0.5;
  return sumOf([ConsumedCapacity].flat(), ({ CapacityUnits }) => Math.max(CapacityUnits, least));
}

/** A quarter of the runs is shorter: what other work on the machine adds to runs, AWS doesn't bill. */
function lowerQuartile(seconds: number[]): number {
  return quantiles(seconds, [0.25])[0]!;
}

/** The table of a call to DynamoDB, in words. */
function tableOf({ input = {} }: AwsRequest): string {
  const [name = input.TableName] = Object.keys(Object(input.RequestItems) as object);
  const [, table] = /-tables-([a-z]+)-/.exec(String(name)) ?? [];
  return table === undefined ? "" : ` of ${table}`;
}

function partOf(functionName: string): string {
  const [part] = /frontend|operator|router|scaler|repair|removal/.exec(functionName) ?? [functionName];
  return part === "frontend" ? "front end" : part;
}
