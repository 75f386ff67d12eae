import { setMaxListeners } from "node:events";
import { usageKey } from "../../contract/fleet/usage";
import { encodeJobType } from "../../contract/jobType";
import { errorFields } from "../../contract/log";
import { type CompletionEvent } from "../../contract/messages/completionEvent";
import { decodeRecord, type JobRecord } from "../../contract/records/record";
import { type WorkerSettings } from "../../contract/workerSettings";
import { createJobRecords } from "../../functions/frontend/services/jobRecords";
import { publishTo } from "../../functions/frontend/services/publishTo";
import { createRunWithin } from "../../functions/frontend/services/runWithin";
import { createSubmitJobs } from "../../functions/frontend/submitJobs";
import { createFailedRecords } from "../../functions/repair/failedRecords";
import { createRepair } from "../../functions/repair/repair";
import { createKeepJobs } from "../../functions/router/keepJobs";
import { createKeepUnsent } from "../../functions/router/keepUnsent";
import { createNudge } from "../../functions/router/nudge";
import { createRouteJobs, type TopicEvent } from "../../functions/router/routeJobs";
import { sentByType } from "../../functions/router/sentByType";
import { createAutoScaling } from "../../functions/scaler/autoScaling";
import { createFleetItems } from "../../functions/scaler/fleetItems";
import { createScaler } from "../../functions/scaler/scaler";
import { announceTo } from "../../functions/shared/messages/announceTo";
import { createInbox } from "../../functions/shared/messages/inbox";
import { readCountsWith } from "../../functions/shared/messages/readCounts";
import { sendWith } from "../../functions/shared/messages/sendWith";
import { createJobTypes } from "../../functions/shared/tables/jobTypes";
import { createJobTypeTable } from "../../functions/shared/tables/jobTypeTable";
import { createUnsentEvents } from "../../functions/shared/unsentEvents";
import { type Job } from "../../worker-image/src/handlers/handler";
import { type Runner, type RunOutcome } from "../../worker-image/src/handlers/runner";
import { sleep } from "../../worker-image/src/support/clock";
import { settings as anySettings } from "../worker-image/helpers/doubles";
import { FakeClock } from "../worker-image/helpers/fakeClock";
import { FakeAws, type FakeClient, type ServiceName } from "./fakeAws";
import { startWorker } from "./workers";

const names = { jobs: "https://q/jobs", dead: "https://q/dead", unroutable: "https://q/unroutable" };
const repaired = { failures: "https://q/failures", undelivered: "https://q/undelivered", kept: "https://q/kept" };
const topics = { jobs: "arn:jobs", ends: "arn:ends" };
export const tables = { jobs: "jobs", types: "types", fleets: "fleets", unsent: "unsent" };
export const urls = { ...names, ...repaired };
export const endsTopic = topics.ends;

export const settings: WorkerSettings = {
  ...anySettings,
  ...{ queueUrl: urls.jobs, deadLetterQueueUrl: urls.dead, jobTable: tables.jobs, fleetTable: tables.fleets },
  ...{ slots: 2, visibilityTimeoutSeconds: 60, timeoutSeconds: 900, maxAttempts: 3, idleSeconds: 20 },
  ...{ backoffSeconds: 2, maxBackoffSeconds: 900, drainSeconds: 90 },
};

/** Start and end of one run of a handler. */
export interface Run {
  id: string;
  worker: string;
  outcome?: RunOutcome["kind"];
}

/**
 * The whole system on one clock: front end, topic, router, repair, scaler and two workers, with all of AWS in memory.
 */
export class World {
  readonly clock = new FakeClock();
  readonly aws = new FakeAws(this.clock);
  readonly runs: Run[] = [];
  readonly ends: CompletionEvent[] = [];
  readonly lines: { who: string; event: string; fields: object }[] = [];
  private readonly workers: ReturnType<typeof startWorker>[] = [];
  private readonly ending = new AbortController();
  private functions: ReturnType<World["coldFunctions"]>;

  constructor(readonly random: () => number) {
    setMaxListeners(0, this.ending.signal);
    this.functions = this.coldFunctions();
    for (const url of Object.values(urls)) this.aws.queue(url);
    this.aws.queue(urls.jobs, { url: urls.dead, maxReceives: 1_000 });
    for (const table of Object.values(tables)) this.aws.tables.set(table, new Map());
    const fleet = {
      groupName: "g",
      slots: 2,
      prefetch: 0,
      targetLatencySeconds: 5,
      secondsPerJob: 30,
    };
    const ofType = { type: "echo", queueUrl: urls.jobs, deadLetterQueueUrl: urls.dead, timeoutSeconds: 900 };
    const item = encodeJobType({ ...ofType, maxAttempts: 3, fleet });
    this.aws.tables.get(tables.types)!.set(JSON.stringify([{ S: "echo" }]), item);
    const Instances = ["w1", "w2"].map((InstanceId) => ({
      InstanceId,
      LifecycleState: "InService",
      HealthStatus: "Healthy",
    }));
    this.aws.groups.push({ AutoScalingGroupName: "g", MinSize: 2, MaxSize: 2, DesiredCapacity: 2, Instances });
    this.aws.topics.set(topics.jobs, (body) => void this.deliver(body));
    this.aws.topics.set(topics.ends, (body) => this.ends.push(JSON.parse(body) as CompletionEvent));
  }

  start(): void {
    for (const name of ["w1", "w2"])
      this.workers.push(startWorker(this, name, (job, signal) => this.handle(name, job, signal)));
    void this.eachMinute();
  }

  /** Ends everything, so that no timer is left. */
  async stop(): Promise<void> {
    this.ending.abort();
    for (const { worker } of this.workers) worker.drain("end", 0);
    await this.clock.advance(600_000);
    for (const { end } of this.workers) void end();
    await this.clock.advance(600_000);
  }

  health(name: string): { state: string; reason?: string } {
    return this.workers.find((each) => each.name === name)!.health();
  }

  /** Submits the job as a client would: again each minute until it is accepted. */
  async submit(id: string, payload: { ms: number; s3?: boolean }): Promise<void> {
    while (!this.ending.signal.aborted) {
      const [outcome] = await this.functions.submit([{ id, type: "echo", payload, payloadBytes: 1, submitter: "" }]);
      if (outcome && !("problem" in outcome)) return;
      await sleep(this.clock, 60_000, this.ending.signal);
    }
  }

  record(id: string): JobRecord {
    return decodeRecord(this.aws.tables.get(tables.jobs)!.get(JSON.stringify([{ S: id }]))!);
  }

  /** Time of all workers, from their starts to their ends. */
  get lifeMilliseconds(): number {
    return this.workers.reduce((sum, worker) => sum + worker.lifeMilliseconds(), 0);
  }

  /** The sum over all days of the type's usage. */
  usage(field: "jobs" | "seconds" | "instanceSeconds"): number {
    const items = [...this.aws.tables.get(tables.fleets)!].filter(([key]) => key.includes(usageKey("echo")));
    return items.reduce((sum, [, item]) => sum + Number(item[field]?.N ?? 0), 0);
  }

  log(who: string) {
    return (_level: string, event: string, fields: object = {}) => void this.lines.push({ who, event, fields });
  }

  /** The handler: it takes its time, and S3 if the payload says so. */
  private async handle(worker: string, job: Job, signal: AbortSignal): Promise<RunOutcome> {
    const run: Run = { id: job.id, worker };
    this.runs.push(run);
    const { ms, s3 } = job.payload as { ms: number; s3?: boolean };
    await sleep(this.clock, ms, signal);
    const outcome: RunOutcome = signal.aborted ? { kind: "stopped" } : s3 ? await this.useS3() : succeeded;
    run.outcome = outcome.kind;
    return outcome;
  }

  private async useS3(): Promise<RunOutcome> {
    try {
      await this.aws.call("s3", "handler", 8_000, () => undefined);
      return succeeded;
    } catch (error) {
      const { name, message } = error as Error;
      return { kind: "failed", error: { name, message }, isPermanent: false };
    }
  }

  private async eachMinute(): Promise<void> {
    for (let minute = 1; !this.ending.signal.aborted; minute++) {
      await sleep(this.clock, 60_000, this.ending.signal);
      // Environments don't live for ever.
      if (minute % 20 === 0) this.functions = this.coldFunctions();
      if (this.isAway("lambda")) continue;
      void this.invoke("scaler", (context) => this.functions.scaler({}, context));
      void this.invoke("repair", (context) => this.functions.repair({}, context));
    }
  }

  /**
   * SNS hands over to Lambda for days; Lambda tries twice more where the function fails, and once to put the event
   * aside.
   */
  private async deliver(body: string): Promise<void> {
    const event: TopicEvent = { Records: [{ Sns: { Message: body } }] };
    for (const pause of [0, 60_000, 120_000]) {
      await sleep(this.clock, pause);
      if (await this.untilUp("lambda", () => this.invoke("router", () => this.functions.router(event)))) return;
    }
    if (this.isAway("sqs")) return this.log("lambda")("error", "event-lost", {});
    this.aws.put(urls.failures, JSON.stringify({ requestPayload: event }));
  }

  private isAway(service: ServiceName): boolean {
    return this.aws.outage?.service === service;
  }

  private async untilUp<T>(service: ServiceName, action: () => T): Promise<Awaited<T>> {
    while (this.isAway(service)) await sleep(this.clock, 20_000);
    return await action();
  }

  /** Says whether the function did not throw. */
  private async invoke(
    name: string,
    run: (context: { getRemainingTimeInMillis: () => number }) => Promise<unknown>,
  ): Promise<boolean> {
    const end = this.clock.now() + 55_000;
    try {
      await run({ getRemainingTimeInMillis: () => Math.max(0, end - this.clock.now()) });
      return true;
    } catch (error) {
      this.log(name)("error", "function-failed", errorFields(error));
      return false;
    }
  }

  private coldFunctions() {
    const { clock, random } = this;
    const client = (service: ServiceName, caller: string): FakeClient =>
      this.aws.client(service, caller, { tries: 2, timeout: 2_000 });
    const now = clock.now;
    const pause = (milliseconds: number) => sleep(clock, milliseconds);
    const types = (caller: string) =>
      createJobTypes({ table: createJobTypeTable(client("dynamodb", caller) as never, tables.types), now });
    const common = (caller: string) => ({
      ...{ jobTypes: types(caller), unroutableQueueUrl: urls.unroutable, now, pause, random, log: this.log(caller) },
      sendBatch: sendWith(client("sqs", caller) as never),
    });
    const invoke = (sent: object) =>
      this.aws.call(
        "lambda",
        "router",
        1_000,
        () => void this.invoke("scaler", (context) => this.functions.scaler({ sent }, context)),
      );
    const nudge = createNudge({ invoke, now, log: this.log("router") });
    const keepUnsent = createKeepUnsent(client("dynamodb", "router") as never, tables.unsent);
    return {
      submit: createSubmitJobs({
        ...common("frontend"),
        records: createJobRecords(client("dynamodb", "frontend") as never, tables.jobs),
        publish: publishTo(client("sns", "frontend") as never, topics.jobs),
        later: undefined as never,
        runWithin: createRunWithin(),
        actOnLarge: () => Promise.reject(new Error("No payload is in S3")),
      }),
      router: createRouteJobs({
        ...common("router"),
        keepJobs: createKeepJobs(keepUnsent, urls.unroutable, this.log("router")),
        nudge: (sent) => nudge(sentByType(sent, urls.unroutable)),
      }),
      repair: createRepair({
        ...common("repair"),
        inbox: createInbox(client("sqs", "repair") as never),
        unsentEvents: createUnsentEvents(client("dynamodb", "repair") as never, tables.unsent),
        records: createFailedRecords(client("dynamodb", "repair") as never, tables.jobs),
        announce: announceTo(client("sns", "repair") as never, topics.ends),
        failedEvents: [
          { name: "router failures", url: urls.failures },
          { name: "undelivered", url: urls.undelivered },
        ],
        keptEventsUrl: urls.kept,
      }),
      scaler: createScaler({
        ...common("scaler"),
        jobTypes: createJobTypeTable(client("dynamodb", "scaler") as never, tables.types),
        readCounts: readCountsWith(client("sqs", "scaler") as never),
        autoScaling: createAutoScaling(client("autoscaling", "scaler") as never),
        fleetItems: createFleetItems(client("dynamodb", "scaler") as never, tables.fleets),
      }),
    };
  }
}

const succeeded: RunOutcome = { kind: "succeeded", result: { ok: true } };

export type Handle = (job: Job, signal: AbortSignal) => Promise<RunOutcome>;

export function runnerOf(handle: Handle): Runner {
  return {
    start: () => Promise.resolve(),
    run: (job, signal) => handle(job, signal),
    killNow: () => undefined,
    close: () => Promise.resolve(),
  };
}
