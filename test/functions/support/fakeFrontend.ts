import type { ProblemDocument } from "../../../contract/http/problem";
import type { JobType } from "../../../contract/jobType";
import { decodeMessage, type JobEnvelope } from "../../../contract/messages/envelope";
import type { PayloadRef } from "../../../contract/records/largeValues";
import { endedAs } from "../../../contract/records/listKey";
import { decodeRecord, encodeRecord, type JobRecord } from "../../../contract/records/record";
import type { JobPayloads, JobRecords } from "../../../functions/frontend/effects";
import { createFrontend, type FrontendEffects } from "../../../functions/frontend/frontend";
import type { HttpEvent } from "../../../functions/frontend/requests/http";
import { createRunWithin } from "../../../functions/frontend/services/runWithin";
import { createActs } from "../../../functions/operator/actions/acts";
import type { LogEffects } from "../../../functions/operator/answerers/logs";
import type { UploadEffects } from "../../../functions/operator/answerers/uploads";
import type { EndedPayloads, RedriveLetters } from "../../../functions/operator/effects";
import { createOperator, type OperatorEffects } from "../../../functions/operator/operator";
import type { ActOnLargeValues } from "../../../functions/shared/largeValueActs";
import type { OutgoingMessage } from "../../../functions/shared/messages/batches";
import type { Operate, OperatorAnswer } from "../../../functions/shared/operatorCall";
import type { Requeue } from "../../../functions/shared/tables/requeueRecord";
import { expectDocumented, openApi } from "../../support/openApi";
import { FakeIndex } from "./fakeIndex";
import { FakeLargeValues } from "./fakeLargeValues";
import { type LogLine, logTo } from "./logTo";
import { MemoryActions } from "./memoryActions";

export const wordCount: JobType = {
  type: "word-count",
  queueUrl: "https://queues/word-count",
  deadLetterQueueUrl: "https://queues/word-count-dead",
  timeoutSeconds: 900,
  maxAttempts: 3,
  fleet: { groupName: "word-count", slots: 1, prefetch: 0, targetLatencySeconds: 30 },
};
export const checksum: JobType = { ...wordCount, type: "checksum", queueUrl: "https://queues/checksum" };

/** An answer with its body parsed. */
export interface ParsedAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  json: unknown;
  problem: ProblemDocument;
}

type Overrides = Partial<Omit<FrontendEffects & OperatorEffects, "records">> & {
  records?: Partial<JobRecords> | null;
};

/** A front end, with its operator, on tables and a topic held in memory, which tell what happened. */
export class FakeFrontend {
  readonly items = new Map<string, ReturnType<typeof encodeRecord>>();
  /** The batches handed to the topic, refused ones included. */
  readonly batches: OutgoingMessage[][] = [];
  readonly published: JobEnvelope[] = [];
  /** Payloads by id. */
  readonly kept = new Map<string, unknown>();
  /** Times from which on retried jobs' payloads are kept, by id. */
  readonly renewed = new Map<string, number>();
  /** References to payloads in S3, by id. */
  readonly keptRefs = new Map<string, PayloadRef>();
  readonly largeValues: FakeLargeValues;
  /** Jobs that are to be published at their times. */
  readonly scheduled: JobEnvelope[] = [];
  readonly lines: LogLine[] = [];
  /** The effects in the order in which they happened. */
  readonly happened: string[] = [];
  private readonly handle: ReturnType<typeof createFrontend>;
  private ids = 0;

  /** `records` replaces single calls of the table, or says by null that there is none. */
  constructor({ records = {}, ...overrides }: Overrides = {}, types: JobType[] = [wordCount, checksum]) {
    const payloads: JobPayloads & EndedPayloads = {
      keep: (envelopes) =>
        Promise.resolve(
          envelopes.forEach(({ id, payload, payloadRef }) => {
            this.kept.set(id, payload);
            if (payloadRef) this.keptRefs.set(id, payloadRef);
          }),
        ),
      read: ({ id }) => {
        const payloadRef = this.keptRefs.get(id);
        if (payloadRef) return Promise.resolve({ payloadRef });
        return Promise.resolve(this.kept.has(id) ? { payload: this.kept.get(id) } : undefined);
      },
      renew: (job, from) => {
        if (this.kept.has(job.id)) this.renewed.set(job.id, from);
        return payloads.read(job);
      },
      remove: ({ id }) => Promise.resolve(void (this.kept.delete(id), this.keptRefs.delete(id))),
    };
    const now = overrides.now ?? (() => Date.parse("2026-11-02T10:00:00Z"));
    this.largeValues = new FakeLargeValues(now);
    const jobTypes = {
      find: (type: string) => Promise.resolve(types.find((each) => each.type === type)),
      list: () => Promise.resolve([...types]),
    };
    const redrive: RedriveLetters = ({ ids }) =>
      Promise.resolve(Object.fromEntries(ids.map((id) => [id, "absent" as const])));
    const context = { invokedFunctionArn: "arn:operator", getRemainingTimeInMillis: () => 900_000 };
    const actOnLarge: ActOnLargeValues = async (act, input) => (await operator({ act, input }, context)) as never;
    const effects: Omit<FrontendEffects, "operate"> & LogEffects & UploadEffects = {
      actOnLarge,
      ...(records !== null && { payloads, keepPayloads: payloads.keep }),
      records:
        records === null
          ? undefined
          : {
              create: (record) => Promise.resolve(this.create(record)),
              read: (id) => Promise.resolve(this.record(id)),
              requestCancel: (record, now, by) => Promise.resolve(this.requestCancel(record, now, by)),
              ...records,
            },
      index: new FakeIndex(() => [...this.items.keys()].map((id) => this.record(id)!)),
      readFleets: () => Promise.resolve({}),
      countTypes: () => Promise.resolve(),
      filterLogs: () => Promise.resolve({ events: [] }),
      functionLogGroup: "functions",
      reserveSeconds: () => Promise.resolve(true),
      pause: () => Promise.resolve(),
      readOpenApi: () => Promise.resolve(openApi),
      later: {
        topicArn: "arn:aws:sns:us-east-1:123456789012:jobs",
        schedule: (envelope) => {
          this.happened.push(`schedule ${envelope.id}`);
          this.scheduled.push(envelope);
          return Promise.resolve();
        },
        unschedule: (id) => {
          this.happened.push(`unschedule ${id}`);
          return Promise.resolve();
        },
      },
      publish: (messages) => Promise.resolve(this.publish(messages)),
      jobTypes,
      runWithin: createRunWithin(),
      largeValues: records === null ? undefined : this.largeValues,
      now,
      newId: () => `new-${++this.ids}`,
      log: logTo(this.lines),
      ...overrides,
    };
    const retrying = {
      ...{ payloads, redrive },
      requeue: (record: JobRecord, retry: Requeue) => Promise.resolve(this.requeue(record, retry)),
    };
    const operator = createOperator({
      ...effects,
      ...{ jobTypes, index: effects.index!, actions: new MemoryActions(), ...retrying },
      acts: createActs({ ...retrying, ...effects, jobTypes, records: effects.records!, payloads }),
      removeData: (record, now, by) => Promise.resolve(this.removeData(record, now, by)),
      watch: { begin: async (id) => this.tell(`watch ${id}`), end: async (id) => this.tell(`unwatch ${id}`) },
      pause: () => Promise.resolve(),
      readPast: () => Promise.resolve([]),
      readUsage: () => Promise.resolve({ items: [] }),
      readCounts: () => Promise.resolve({ visible: 2, inFlight: 1 }),
      retryLaunches: () => Promise.resolve(),
      ...overrides,
    });
    const operate: Operate = async (call) => {
      const { next, ...answered } = (await operator(structuredClone(call), context)) as OperatorAnswer;
      if (next) await operator(next, context);
      return answered;
    };
    this.handle = createFrontend({ operate, ...effects });
  }

  /** Sends a request as API Gateway would hand it over; a body that is no text goes as JSON. */
  async request(method: string, path: string, body?: unknown, extra: Partial<HttpEvent> = {}): Promise<ParsedAnswer> {
    const {
      statusCode,
      headers,
      body: text,
    } = await this.handle({
      rawPath: path,
      headers: { "content-type": "application/json" },
      requestContext: { http: { method } },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...extra,
    });
    const json = text === "" ? undefined : (JSON.parse(text) as unknown);
    const isPathOfRoute = Object.keys(extra.requestContext ?? {}).every(
      (key) => key === "http" || key === "authorizer",
    );
    if (method !== "HEAD" && isPathOfRoute) expectDocumented(method, path, statusCode, headers["content-type"]!, json);
    return { status: statusCode, headers, text, json, problem: json as ProblemDocument };
  }

  private tell(what: string): void {
    this.happened.push(what);
  }

  record(id: string): JobRecord | undefined {
    const item = this.items.get(id);
    return item && decodeRecord(item);
  }

  put(record: JobRecord): void {
    this.items.set(record.id, encodeRecord({ ...record, unreadable: undefined }));
  }

  create(record: JobRecord): JobRecord | undefined {
    const present = this.record(record.id);
    if (present) return present;
    this.happened.push(`record ${record.id}`);
    this.put(record);
    return undefined;
  }

  requeue({ id, finishedAt }: JobRecord, { at, by, key }: Requeue): boolean {
    const record = this.record(id);
    if (record?.finishedAt !== finishedAt) return false;
    const { retries = 0, ...rest } = record!;
    const retried = { retriedAt: at, retriedBy: by, retryKey: key, retries: retries + 1 };
    this.put({
      ...rest,
      ...retried,
      state: "queued",
      attempts: 0,
      finishedAt: undefined,
      endedAs: undefined,
      cancelRequestedAt: undefined,
    });
    this.happened.push(`requeue ${id}`);
    return true;
  }

  removeData({ id }: JobRecord, now: number, by?: string): JobRecord | undefined {
    const dataRemovedAt = new Date(now).toISOString();
    this.put({ ...this.record(id)!, result: undefined, dataRemovedAt, dataRemovedBy: by });
    return this.record(id);
  }

  requestCancel({ id, state }: JobRecord, now: number, cancelledBy?: string): JobRecord | undefined {
    const record = this.record(id);
    if (record?.state !== state) return undefined;
    const cancelRequestedAt = record.cancelRequestedAt ?? new Date(now).toISOString();
    const isWaiting = state === "queued";
    this.put({
      ...record,
      cancelRequestedAt,
      cancelledBy,
      ...(isWaiting && {
        ...{ state: "cancelled", finishedAt: cancelRequestedAt, endedAs: endedAs("cancelled", cancelRequestedAt) },
      }),
    });
    this.happened.push(`cancel ${id}`);
    return this.record(id);
  }

  publish(messages: OutgoingMessage[]): undefined[] {
    this.batches.push(messages);
    for (const { body } of messages) {
      const decoded = decodeMessage(body);
      for (const { job } of decoded.ok ? decoded.value : []) {
        if (!job.ok) throw new Error(`Published what is no job: ${JSON.stringify(job.problems)}`);
        this.happened.push(`publish ${job.value.id}`);
        this.published.push(job.value);
      }
    }
    return messages.map(() => undefined);
  }
}
