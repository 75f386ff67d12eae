import type { QueueCounts } from "../../../contract/fleet/queueCounts";
import type { JobType } from "../../../contract/jobType";
import type { AutoScaling } from "../../../functions/scaler/autoScaling";
import type { FleetItems } from "../../../functions/scaler/fleetItems";
import type { Group, Launch } from "../../../functions/scaler/rules/fleetView";
import { createScaler } from "../../../functions/scaler/scaler";
import { group, now, scaledType } from "./fleetViews";
import { type LogLine, logTo } from "./logTo";

/** Queues and groups in memory, on a clock that tests move. The fleet table is whatever it is given. */
export class FakeScaler {
  time = now;
  readonly types: JobType[] = [];
  readonly groups = new Map<string, Group>();
  readonly counts = new Map<string, QueueCounts>();
  readonly launches: Launch[] = [];
  /** By call and what it is about: `count a`, `setDesired a-group`. */
  readonly refusals = new Map<string, Error>();
  readonly calls: string[] = [];
  readonly lines: LogLine[] = [];
  remaining = 60_000;
  invokedFunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:scaler";
  /** Runs before desired is set. */
  beforeRaising: () => Promise<unknown> = () => Promise.resolve();
  atOnce = 0;
  mostAtOnce = 0;

  /** One environment of the function: set to undefined, the next run has another. */
  warm: ReturnType<typeof createScaler> | undefined;

  constructor(readonly fleetItems: FleetItems) {}

  add(type: string, fields: Partial<Group> = {}, visible = 0): void {
    const groupName = `${type}-group`;
    const queues = { queueUrl: type, deadLetterQueueUrl: `${type}-dead` };
    this.types.push({ ...scaledType, type, ...queues, fleet: { ...scaledType.fleet, groupName } });
    this.groups.set(groupName, group({ ...fields, name: groupName }));
    this.counts.set(type, { visible, inFlight: 0 });
    this.counts.set(queues.deadLetterQueueUrl, { visible: 0, inFlight: 0 });
  }

  desired(type: string): number {
    return this.groups.get(`${type}-group`)!.desired;
  }

  /** Runs the scaler; gives what it threw. */
  run(event: unknown = {}, fleetItems: FleetItems = this.fleetItems): Promise<Error | undefined> {
    const start = this.time;
    const scaler = (fleetItems === this.fleetItems && this.warm) || this.create(fleetItems);
    if (fleetItems === this.fleetItems) this.warm = scaler;
    const getRemainingTimeInMillis = () => this.remaining - (this.time - start);
    return scaler(event, { getRemainingTimeInMillis, invokedFunctionArn: this.invokedFunctionArn }).then(
      () => undefined,
      (error: Error) => error,
    );
  }

  private create(fleetItems: FleetItems) {
    return createScaler({
      jobTypes: {
        read: (type) => Promise.resolve(this.types.find((each) => each.type === type)),
        readAll: () => Promise.resolve([...this.types]),
      },
      readCounts: (queueUrl) => this.call(`count ${queueUrl}`, () => this.counts.get(queueUrl)!),
      autoScaling: this.autoScaling(),
      fleetItems,
      now: () => this.time,
      log: logTo(this.lines),
    });
  }

  events(): string[] {
    return this.lines.map(({ event }) => event);
  }

  private autoScaling(): AutoScaling {
    return {
      // No call for no name, as `createAutoScaling` makes none.
      describe: async (names) =>
        names.length === 0
          ? {}
          : this.call(`describe ${names.length}`, () =>
              Object.fromEntries(
                names.flatMap((name) => {
                  const found = this.refusals.get(`describe ${name}`) ?? this.groups.get(name);
                  return found ? [[name, found]] : [];
                }),
              ),
            ),
      launches: (name) => this.call(`launches ${name}`, () => this.launches),
      setDesired: async (name, desired) => {
        await this.beforeRaising();
        await this.call(`setDesired ${name}`, () => void this.groups.set(name, { ...this.groups.get(name)!, desired }));
      },
      markUnhealthy: (id) => this.call(`markUnhealthy ${id}`, () => undefined),
    };
  }

  private async call<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce--;
    const refusal = this.refusals.get(name);
    if (refusal) throw refusal;
    return answer();
  }
}
