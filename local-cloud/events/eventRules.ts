import { randomUUID } from "node:crypto";
import type { Alarms } from "../cloudWatch/alarms";
import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import { every } from "../timers";
import type { RegionOutage } from "../wire/regionOutage";
import { timingOf } from "./scheduleExpression";

interface Schedule {
  /** ARN of the rule. */
  arn: string;
  seconds: number;
  targets: Set<Target>;
}

interface Target {
  call(): void;
  /** Ends the calls. */
  cancel(): void;
}

/** EventBridge rules that call functions at a rate. */
export class Schedules {
  private readonly schedules = new Map<string, Schedule>();

  /** `secondsInstead` replaces every rule's own interval: tests don't wait for minutes. */
  constructor(
    private readonly cloud: {
      region: string;
      lambdas: Lambdas;
      iam: Iam;
      outage: RegionOutage;
      alarms: Pick<Alarms, "measure">;
      secondsInstead?: number;
    },
  ) {}

  /** `rate(1 minute)`, `rate(2 hours)`: the first call comes one interval from now. */
  create(name: string, arn: string, expression: string): void {
    this.schedules.set(name, { arn, seconds: this.secondsOf(expression), targets: new Set() });
  }

  /** Changes a rule's interval, which starts now. */
  change(name: string, expression: string): void {
    const schedule = this.get(name);
    schedule.seconds = this.secondsOf(expression);
    for (const target of schedule.targets) {
      target.cancel();
      target.cancel = every(schedule.seconds * 1_000, () => target.call());
    }
  }

  has(name: string): boolean {
    return this.schedules.has(name);
  }

  /** Makes the rule call the function, with the input or EventBridge's own event; the returned function ends that. */
  target(rule: string, functionArn: string, input?: string): () => void {
    const schedule = this.get(rule);
    const { lambdas, iam, outage, alarms } = this.cloud;
    const invoke = { action: "lambda:InvokeFunction", resource: functionArn };
    const call = () => {
      if (outage.hits("events")) return;
      // Failed calls count, too ("Monitoring Amazon EventBridge").
      alarms.measure("AWS/Events", { RuleName: rule }, { Invocations: 1 });
      // A missing target is no error of the rule's.
      if (lambdas.find(functionArn) && iam.serviceMay("events.amazonaws.com", invoke, schedule.arn))
        lambdas.invokeAsync(functionArn, input ?? JSON.stringify(scheduledEvent(schedule, this.cloud)));
    };
    const target = { call, cancel: every(schedule.seconds * 1_000, call) };
    schedule.targets.add(target);
    return () => {
      target.cancel();
      schedule.targets.delete(target);
    };
  }

  /** Makes every rule call its functions once, now: tests don't wait for minutes. */
  runAll(): void {
    for (const { targets } of this.schedules.values()) targets.forEach((target) => target.call());
  }

  delete(name: string): void {
    this.schedules.get(name)?.targets.forEach((target) => target.cancel());
    this.schedules.delete(name);
  }

  stop(): void {
    [...this.schedules.keys()].forEach((name) => this.delete(name));
  }

  private get(name: string): Schedule {
    const schedule = this.schedules.get(name);
    if (!schedule) throw new Error(`There is no schedule ${name}`);
    return schedule;
  }

  private secondsOf(expression: string): number {
    return this.cloud.secondsInstead ?? secondsOf(expression);
  }
}

function secondsOf(expression: string): number {
  const timing = timingOf(expression);
  if ("everySeconds" in timing) return timing.everySeconds;
  throw new Error(`Expected a schedule such as rate(1 minute) in the local cloud, got ${expression}`);
}

/** The event of a rule that runs on a schedule ("Amazon EventBridge rules that run on a schedule"). */
function scheduledEvent({ arn }: Schedule, { region }: { region: string }): unknown {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: arn.split(":")[4],
    time: new Date().toISOString().replace(/\.\d+/, ""),
    region,
    resources: [arn],
    detail: {},
  };
}
