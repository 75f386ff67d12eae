import { randomUUID } from "node:crypto";
import type { Iam } from "./iam/iam";
import type { Lambdas } from "./lambdas";

interface Schedule {
  /** ARN of the rule. */
  arn: string;
  seconds: number;
  timers: Set<NodeJS.Timeout>;
  calls: Set<() => void>;
}

/** EventBridge rules that call functions at a rate. */
export class Schedules {
  private readonly schedules = new Map<string, Schedule>();

  /** `secondsInstead` replaces every rule's own interval: tests don't wait for minutes. */
  constructor(private readonly cloud: { region: string; lambdas: Lambdas; iam: Iam; secondsInstead?: number }) {}

  /** `rate(1 minute)`, `rate(2 hours)`: the first call comes one interval from now. */
  create(name: string, arn: string, expression: string): void {
    const seconds = this.cloud.secondsInstead ?? secondsOf(expression);
    this.schedules.set(name, { arn, seconds, timers: new Set(), calls: new Set() });
  }

  /** Has the rule call the function; the returned function ends that. */
  target(rule: string, functionArn: string): () => void {
    const schedule = this.schedules.get(rule);
    if (!schedule) throw new Error(`There is no schedule ${rule}`);
    const { lambdas, iam } = this.cloud;
    const invoke = { action: "lambda:InvokeFunction", resource: functionArn };
    const call = () => {
      // A target that is gone is no error of the rule's.
      if (lambdas.find(functionArn) && iam.serviceMay("events.amazonaws.com", invoke, schedule.arn))
        lambdas.invokeAsync(functionArn, JSON.stringify(scheduledEvent(schedule, this.cloud)));
    };
    const timer = setInterval(call, schedule.seconds * 1_000);
    schedule.timers.add(timer);
    schedule.calls.add(call);
    return () => {
      clearInterval(timer);
      schedule.timers.delete(timer);
      schedule.calls.delete(call);
    };
  }

  /** Has every rule call its functions once, now: tests don't wait for minutes. */
  runAll(): void {
    for (const { calls } of this.schedules.values()) calls.forEach((call) => call());
  }

  delete(name: string): void {
    this.schedules.get(name)?.timers.forEach((timer) => clearInterval(timer));
    this.schedules.delete(name);
  }

  stop(): void {
    [...this.schedules.keys()].forEach((name) => this.delete(name));
  }
}

function secondsOf(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (!unit) throw new Error(`Expected a schedule such as rate(1 minute) in the local cloud, got ${expression}`);
  return Number(count) * { minute: 60, hour: 3_600, day: 86_400 }[unit as "minute" | "hour" | "day"];
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
