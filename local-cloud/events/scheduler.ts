import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { accountId } from "../account";
import type { Ask } from "../iam/evaluate";
import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import type { Log } from "../log";
import type { RegionData } from "../stores/dataFolder";
import type { Messaging } from "../stores/messaging";
import { every, once } from "../timers";
import type { AwsCalls } from "../wire/awsCalls";
import { Refused } from "../wire/refusal";
import type { RegionOutage } from "../wire/regionOutage";
import { type Timing, timingOf } from "./scheduleExpression";

/** A schedule as CreateSchedule takes it, as far as the local cloud knows it. */
export interface ScheduleInput {
  Name: string;
  GroupName: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  ActionAfterCompletion?: string;
  State?: string;
  Target: { Arn: string; RoleArn?: string; Input?: string; DeadLetterConfig?: { Arn?: string } };
}

interface Stored {
  input: ScheduleInput;
  arn: string;
  cancel: () => void;
}

/** Start of keys in the folder of data. */
const keptStart = "schedule ";

/** AWS retries for a day; here a few tries within seconds replace that. */
const retryDelaysMilliseconds = [100, 400, 1_600];

/** EventBridge Scheduler: groups of schedules that publish to topics, and call functions. */
export class Scheduler {
  private readonly groups = new Set(["default"]);
  private readonly schedules = new Map<string, Stored>();

  /** `secondsInstead` replaces the times of recurring schedules: tests don't wait for minutes. */
  constructor(
    private readonly cloud: {
      region: string;
      calls: AwsCalls;
      lambdas: Lambdas;
      messaging: Messaging;
      iam: Iam;
      outage: RegionOutage;
      data?: RegionData | undefined;
      log: Log;
      secondsInstead?: number;
    },
  ) {}

  /** Goes on with the schedules that an earlier run left, once their groups are there. */
  resume(): void {
    for (const [key, input] of this.cloud.data?.take<ScheduleInput>(keptStart) ?? []) {
      if (!this.groups.has(input.GroupName) || this.schedules.has(key)) continue;
      try {
        this.create(input);
      } catch (error) {
        this.cloud.log({ source: "cloud", name: key, stream: "stderr", line: (error as Error).message });
      }
    }
  }

  /** Creates a schedule that outlasts this run: no program makes it again. @throws Refused */
  createKept(input: ScheduleInput): string {
    const arn = this.create(input);
    this.cloud.data?.put(`${keptStart}${input.GroupName}/${input.Name}`, input);
    return arn;
  }

  createGroup(name: string): void {
    this.groups.add(name);
  }

  deleteGroup(name: string): void {
    this.groups.delete(name);
    for (const [key, { input }] of this.schedules) if (input.GroupName === name) this.remove(key);
  }

  /** @throws Refused */
  create(input: ScheduleInput): string {
    const { Name, GroupName, ScheduleExpression, ScheduleExpressionTimezone, Target } = input;
    const key = `${GroupName}/${Name}`;
    if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(Name)) throw invalid(`Value at 'name' is not valid: ${Name}`);
    if (!this.groups.has(GroupName)) throw missing(`Schedule group ${GroupName} does not exist.`);
    if (this.schedules.has(key)) {
      throw new Refused(`Schedule ${Name} already exists.`, "ConflictException", 409);
    }
    if (!/:aws-sdk:sns:publish$|:function:/.test(Target.Arn)) {
      const what = "The local cloud's schedules only publish, and call functions";
      throw new Refused(`${what}, got ${Target.Arn}`, "NotImplemented", 501);
    }
    if (Buffer.byteLength(Target.Input ?? "") > 262_144) throw invalid("Target input is larger than 262144 bytes.");
    // "Cross-service confused deputy prevention in EventBridge Scheduler": the source is the schedule's group.
    const group = `arn:aws:scheduler:${this.cloud.region}:${accountId}:schedule-group/${GroupName}`;
    const { RoleArn } = Target;
    if (RoleArn !== undefined && !this.cloud.iam.mayAssume("scheduler.amazonaws.com", RoleArn, group)) {
      throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
    }
    const arn = `arn:aws:scheduler:${this.cloud.region}:${accountId}:schedule/${key}`;
    let timing: Timing;
    try {
      timing = timingOf(ScheduleExpression, ScheduleExpressionTimezone);
    } catch (error) {
      throw invalid((error as Error).message);
    }
    const stored: Stored = { input, arn, cancel: () => undefined };
    this.schedules.set(key, stored);
    if (input.State !== "DISABLED") stored.cancel = this.start(key, stored, timing);
    return arn;
  }

  /** @throws Refused */
  get(group: string, name: string): ScheduleInput & { Arn: string } {
    const stored = this.schedules.get(`${group}/${name}`);
    if (!stored) throw missing(`Schedule ${name} does not exist.`);
    return { ...stored.input, Arn: stored.arn };
  }

  /** @throws Refused */
  delete(group: string, name: string): void {
    this.get(group, name);
    this.remove(`${group}/${name}`);
  }

  list(): ScheduleInput[] {
    return [...this.schedules.values()].map(({ input }) => input);
  }

  stop(): void {
    for (const { cancel } of this.schedules.values()) cancel();
    this.schedules.clear();
  }

  private remove(key: string): void {
    this.schedules.get(key)?.cancel();
    this.schedules.delete(key);
    this.cloud.data?.delete(keptStart + key);
  }

  private start(key: string, stored: Stored, timing: Timing): () => void {
    const run = (at: number) =>
      this.run(stored, at).catch((error: Error) =>
        this.cloud.log({ source: "cloud", name: stored.arn, stream: "stderr", line: error.message }),
      );
    if ("at" in timing) {
      return once(timing.at, () => {
        if (stored.input.ActionAfterCompletion === "DELETE") this.schedules.delete(key);
        void run(timing.at).then(() => this.cloud.data?.delete(keptStart + key));
      });
    }
    const seconds = this.cloud.secondsInstead ?? ("everySeconds" in timing ? timing.everySeconds : undefined);
    if (seconds !== undefined) return every(seconds * 1_000, () => void run(Date.now()));
    const { next } = timing as Extract<Timing, { next: unknown }>;
    let cancel = () => undefined as void;
    const wait = (after: number) => {
      const at = next(after);
      if (at === undefined) return;
      cancel = once(at, () => {
        void run(at);
        wait(at);
      });
    };
    wait(Date.now());
    return () => cancel();
  }

  private async run({ input: { Target }, arn }: Stored, at: number): Promise<void> {
    const text = filledIn(Target.Input ?? "{}", arn, at);
    for (const delay of [...retryDelaysMilliseconds, undefined]) {
      // AWS tries for longer than a region is lost.
      for (const service of ["scheduler", "sns"]) await this.cloud.outage.over(service);
      try {
        return await (Target.Arn.includes(":function:") ? this.call(text, Target) : this.publish(text, Target.RoleArn));
      } catch (error) {
        if (delay !== undefined) {
          await sleep(delay, undefined, { ref: false });
          continue;
        }
        const deadLetterArn = Target.DeadLetterConfig?.Arn;
        if (!deadLetterArn) throw error;
        this.checkRole(Target.RoleArn, { action: "sqs:SendMessage", resource: deadLetterArn });
        this.cloud.messaging.send(deadLetterArn, text, { ERROR_MESSAGE: (error as Error).message.slice(0, 1_000) });
      }
    }
  }

  private checkRole(roleArn: string | undefined, ask: Ask): void {
    if (this.cloud.iam.roleMay(roleArn, ask)) return;
    throw new Error(`${roleArn} is not authorized to perform: ${ask.action} on resource: ${ask.resource}`);
  }

  private call(text: string, { Arn, RoleArn }: ScheduleInput["Target"]): void {
    this.checkRole(RoleArn, { action: "lambda:InvokeFunction", resource: Arn });
    this.cloud.lambdas.invokeAsync(Arn, text);
  }

  private async publish(text: string, roleArn: string | undefined): Promise<void> {
    const {
      TopicArn,
      Message,
      MessageAttributes = {},
    } = JSON.parse(text) as {
      TopicArn: string;
      Message: string;
      MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
    };
    this.checkRole(roleArn, { action: "sns:Publish", resource: TopicArn });
    const fields = Object.entries(MessageAttributes).flatMap(([name, { DataType, StringValue }], index) => {
      const prefix = `MessageAttributes.entry.${index + 1}`;
      return [
        [`${prefix}.Name`, name],
        [`${prefix}.Value.DataType`, DataType],
        [`${prefix}.Value.StringValue`, StringValue],
      ];
    });
    const attributes = Object.fromEntries(fields) as Record<string, string>;
    await this.cloud.calls.sns("Publish", { TopicArn, Message, ...attributes });
  }
}

/** The input with the keywords of schedules replaced ("Adding context attributes"). */
function filledIn(text: string, arn: string, at: number): string {
  const values: Record<string, string> = {
    "schedule-arn": arn,
    "scheduled-time": new Date(at).toISOString().replace(/\.\d+/, ""),
    "execution-id": randomUUID().replace(/-/g, "").slice(0, 16),
    "attempt-number": "1",
  };
  return text.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) => values[name] ?? keyword);
}

function invalid(message: string): Refused {
  return new Refused(message, "ValidationException", 400);
}

function missing(message: string): Refused {
  return new Refused(message, "ResourceNotFoundException", 404);
}
