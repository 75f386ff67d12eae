import { type Log, type LogFields } from "../../../contract/log";
import { encodeEnvelope, type JobEnvelope } from "../../../contract/messages/envelope";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { type Job } from "../../../worker-image/src/handlers/handler";
import { type RunEvents, type Runner, type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { type DeadLetter, type JobQueue, type ReceivedMessage } from "../../../worker-image/src/queue/queue";
import { type Checkpoints } from "../../../worker-image/src/records/checkpoints";
import {
  type Claim,
  type ClaimRequest,
  type Hold,
  type HoldState,
  type JobRecords,
} from "../../../worker-image/src/records/records";
import { FakeClock } from "./fakeClock";

export const settings: WorkerSettings = {
  type: "echo",
  queueUrl: "http://127.0.0.1/queue",
  deadLetterQueueUrl: "http://127.0.0.1/dead",
  jobTable: "jobs",
  handler: "echo",
  slots: 2,
  prefetch: 0,
  acknowledge: "after",
  idleSeconds: 0,
  timeoutSeconds: 100,
  maxAttempts: 3,
  visibilityTimeoutSeconds: 30,
  backoffSeconds: 10,
  maxBackoffSeconds: 60,
  drainSeconds: 5,
  fleetTable: "fleets",
  scalerFunction: "scaler",
};

export function envelope(fields: Partial<JobEnvelope> = {}): JobEnvelope {
  return { version: 1, id: "job-1", type: "echo", payload: {}, submittedAt: "2026-01-01T00:00:00.000Z", ...fields };
}

let lastMessage = 0;

export function message(fields: Partial<ReceivedMessage> & { job?: JobEnvelope; receivedAt: number }): ReceivedMessage {
  const { job = envelope(), ...rest } = fields;
  const askedAt = fields.receivedAt;
  const id = `message-${++lastMessage}`;
  return {
    id,
    receiptHandle: `${id}-1`,
    body: encodeEnvelope(job),
    receiveCount: 1,
    askedAt,
    isRedriven: false,
    ...rest,
  };
}

/** One line for each call, in order, across all doubles of a test. */
export type Calls = string[];

/** Fails the next calls of the given names, once each. */
export class Failures {
  private readonly planned: { call: string; error: Error }[] = [];

  plan(call: string, error: Error = Object.assign(new Error(`${call} was throttled`), { name: "Throttled" })): void {
    this.planned.push({ call, error });
  }

  /** From now on nothing fails. */
  clear(): void {
    this.planned.length = 0;
  }

  check(call: string): void {
    const index = this.planned.findIndex((failure) => failure.call === call);
    if (index >= 0) throw this.planned.splice(index, 1)[0]!.error;
  }
}

/** A queue that hands out what the test puts in, and notes what happens to it. */
export class FakeQueue implements JobQueue {
  readonly letters: DeadLetter[] = [];
  private readonly waiting: ReceivedMessage[] = [];
  private wake: () => void = () => undefined;

  constructor(
    private readonly calls: Calls,
    private readonly failures: Failures,
  ) {}

  put(...messages: ReceivedMessage[]): void {
    this.waiting.push(...messages);
    this.wake();
  }

  async receive(maxMessages: number, signal: AbortSignal): Promise<ReceivedMessage[]> {
    this.failures.check("receive");
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.wake = resolve;
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    return this.waiting.splice(0, maxMessages);
  }

  removeLater(message: ReceivedMessage): Promise<void> {
    return this.remove(message);
  }

  async flush(): Promise<void> {}

  async remove({ id }: ReceivedMessage): Promise<void> {
    this.calls.push(`remove ${id}`);
    this.failures.check("remove");
  }

  async hide({ id }: ReceivedMessage, seconds: number): Promise<void> {
    this.calls.push(`hide ${id} ${seconds}`);
    this.failures.check("hide");
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    this.calls.push("deadLetter");
    this.failures.check("deadLetter");
    this.letters.push(letter);
  }
}

/** Records that say what the test wants. */
export class FakeRecords implements JobRecords {
  /** The next claims' answers; a started first attempt if there is none. */
  readonly claims: ((request: ClaimRequest) => Claim)[] = [];
  /** Result of the next writes; "held" if there is none. */
  readonly states: HoldState[] = [];
  lastResult: unknown;

  constructor(
    private readonly calls: Calls,
    private readonly failures: Failures,
  ) {}

  async claim(request: ClaimRequest): Promise<Claim> {
    this.calls.push(`claim ${request.job.id} of ${request.maxAttempts}`);
    this.failures.check("claim");
    const next = this.claims.shift();
    return next ? next(request) : started(1)(request);
  }

  extend = (hold: Hold) => this.write("extend", hold);
  reportProgress = (hold: Hold, progress: { fraction: number }) => this.write(`progress ${progress.fraction}`, hold);
  /** Start of the next attempt of the last retried job. */
  retryAt?: number;
  retry = (hold: Hold, error: { message: string }, retryAt?: number, isSuspect?: boolean) => {
    this.retryAt = retryAt;
    return this.write(`retry (${error.message})${isSuspect ? " as a suspect" : ""}`, hold);
  };
  fail = (hold: Hold, error: { message: string }) => this.write(`fail (${error.message})`, hold);
  cancel = (hold: Hold) => this.write("cancel", hold);
  giveBack = (hold: Hold) => this.write("giveBack", hold);
  /** True if this worker has the right to run a suspect. */
  mayRunSuspects = true;
  holdSuspects = async () => {
    this.calls.push("holdSuspects");
    return this.mayRunSuspects;
  };
  freeSuspects = async () => void this.calls.push("freeSuspects");
  succeed = (hold: Hold, result: unknown) => {
    this.lastResult = result;
    return this.write("succeed", hold);
  };

  private async write(call: string, hold: Hold): Promise<HoldState> {
    this.calls.push(`${call} #${hold.attempt}`);
    this.failures.check(call.split(" ")[0]!);
    return this.states.shift() ?? "held";
  }
}

/** Checkpoints of one job. */
export class FakeCheckpoints implements Checkpoints {
  /** Answer of the next takes; "lost" if another worker has the job. */
  taken: { value?: unknown } | "lost" = {};

  constructor(
    private readonly calls: Calls,
    private readonly failures: Failures,
  ) {}

  async take({ claim }: Hold): Promise<{ value?: unknown } | "lost"> {
    this.calls.push(`take #${claim}`);
    this.failures.check("take");
    return this.taken;
  }

  async write({ claim }: Hold, json: string): Promise<"held" | "lost"> {
    this.calls.push(`checkpoint ${json} #${claim}`);
    this.failures.check("checkpoint");
    return "held";
  }
}

export function started(attempt: number): (request: ClaimRequest) => Claim {
  return ({ job, worker }) => ({ outcome: "started", hold: { jobId: job.id, worker, attempt, claim: attempt } });
}

/** A handler at work, which the test ends. */
export interface FakeRun {
  job: Job;
  signal: AbortSignal;
  events: RunEvents;
  end(outcome: RunOutcome): void;
}

export class FakeRunner implements Runner {
  readonly runs: FakeRun[] = [];
  isClosed = false;
  startError?: Error;

  async start(): Promise<void> {
    if (this.startError) throw this.startError;
  }

  run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    return new Promise((end) => {
      this.runs.push({ job, signal, events, end });
      signal.addEventListener("abort", () => end({ kind: "stopped" }));
    });
  }

  killNow(): void {}

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A log that the test can read. */
export class FakeLog {
  readonly entries: { level: string; event: string; fields: LogFields }[] = [];
  readonly log: Log = (level, event, fields = {}) => void this.entries.push({ level, event, fields });

  events(): string[] {
    return this.entries.map(({ event }) => event);
  }

  fieldsOf(event: string): LogFields {
    const entry = this.entries.find((candidate) => candidate.event === event);
    if (!entry) throw new Error(`Expected the event ${event}, got ${this.events().join(", ")}`);
    return entry.fields;
  }
}

/** All doubles of one test, wired. */
export function createDoubles() {
  const calls: Calls = [];
  const failures = new Failures();
  const { log, ...rest } = { log: new FakeLog(), clock: new FakeClock(), runner: new FakeRunner() };
  const queue = new FakeQueue(calls, failures);
  const records = new FakeRecords(calls, failures);
  const checkpoints = new FakeCheckpoints(calls, failures);
  const effects = {
    settings,
    workerId: "worker-1",
    queue,
    records,
    checkpoints,
    keepPayload: async ({ id }: JobEnvelope) => {
      calls.push(`keep ${id}`);
      failures.check("keep");
    },
    random: () => 1,
    ...rest,
    log: log.log,
  };
  return { calls, failures, log, queue, records, checkpoints, ...rest, effects };
}
