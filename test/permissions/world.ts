import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BatchJobProcessorArgs, type ProcessorArgs } from "../../components";
import { accountId } from "../../local-cloud/account";
import type { LambdaFunction } from "../../local-cloud/lambda/lambdaFunction";
import { groupOf } from "../journeys/support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../journeys/support/stack";

/** A whole system in a cloud of its own, with one type for each way in which a worker uses its permissions. */
export interface World {
  journey: Journey;
  /** The events of jobs' ends that name the job. */
  hasEvent(jobId: string): Promise<boolean>;
  functionNamed(part: string): LambdaFunction;
  /** Waits until it holds. @throws Error after the seconds */
  within(seconds: number, holds: () => unknown): Promise<void>;
  end(): Promise<void>;
}

const brief = { slots: 1, maxInstances: 1, drainSeconds: 1, backoffSeconds: 1, maxAttempts: 2 };

export const processors: ProcessorArgs[] = [
  { name: "steady", handler: "echo", minInstances: 1, payloadSchema: { type: "object" }, ...brief },
  { name: "sleeper", handler: "echo", idleSeconds: 1, ...brief },
  {
    name: "inline",
    idleSeconds: 1,
    ...brief,
    handle: () => Promise.resolve({ ran: true }),
  },
  {
    name: "secretive",
    handler: "echo",
    idleSeconds: 1,

    ...brief,
    secrets: {
      PASSWORD: "arn:aws:secretsmanager:us-east-1:123456789012:secret:password-Ab12Cd",
      TOKEN: "arn:aws:ssm:us-east-1:123456789012:parameter/token",
    },
  },
  // Nobody works here: its messages stay where they are.
  { name: "deserted", handler: "echo", maxAttempts: 1 },
];

export const args: Partial<BatchJobProcessorArgs> = {
  events: true,
  alarms: { email: "ops@example.com" },
};

export async function startWorld(): Promise<World> {
  const handlers: Handlers = createHandlers({
    echo: `if (job.payload?.checkpoint && !job.checkpoint) { context.checkpoint("kept"); throw new Error("asked to"); } if (job.payload?.fail >= context.attempt) throw new Error("asked to fail"); return { ok: true, text: job.payload?.text };`,
  });
  const secrets = { PASSWORD: "of the test", TOKEN: "of the test, too" };
  const options = { scheduleSeconds: 3_600, stopGraceSeconds: 1, secrets };
  const journey = await startJourney(processors, handlers, args, options);
  groupOf(journey, "deserted").settings.suspendedProcesses.push("Launch");
  const { calls, region, lambdas } = journey.cloud;
  const functionNamed = (part: string) => lambdas.list().find(({ spec }) => spec.name.includes(part))!;
  hasten(functionNamed("-removal-"));
  const name = "ends";
  const arn = `arn:aws:sqs:${region}:${accountId}:${name}`;
  const TopicArn = journey.outputs.eventsTopicArn!;
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await calls.sqs("CreateQueue", { QueueName: name, Attributes: { Policy } });
  const Attributes = { RawMessageDelivery: "true" };
  await calls.sns("Subscribe", { TopicArn, Protocol: "sqs", Endpoint: arn, Attributes });
  const seen = new Set<string>();
  const world: World = {
    journey,
    async hasEvent(jobId) {
      const input = { QueueUrl: `${journey.cloud.endpoint}/${accountId}/${name}`, MaxNumberOfMessages: 10 };
      const { Messages = [] } = await calls.sqs<{ Messages?: { Body: string }[] }>("ReceiveMessage", input);
      for (const { Body } of Messages) seen.add((JSON.parse(Body) as { id: string }).id);
      return seen.has(jobId);
    },
    functionNamed,
    async within(seconds, holds) {
      const end = Date.now() + seconds * 1_000;
      while (!(await holds())) {
        if (Date.now() > end) throw new Error(`Expected within ${seconds} s: ${String(holds)}`);
        await sleep(50);
      }
    },
    async end() {
      await journey.stop();
      handlers.remove();
    },
  };
  await restart(world, "-removal-");
  return world;
}

/**
 * The removal function waits for as long as other functions may know the removed type: its text, as deployed, says a
 * minute.
 */
function hasten({ spec: { folder } }: LambdaFunction): void {
  const file = join(folder, "__index.js");
  const text = readFileSync(file, "utf8");
  const [minute] = /\(\)\+6e4\b/.exec(text) ?? [];
  if (minute === undefined) throw new Error(`Expected the removal's code in ${file} to wait for a minute`);
  writeFileSync(file, text.replace(minute, "()+1e3"));
}

/** An id that no other job has. */
export function newId(): string {
  return randomUUID();
}

/** Ends what a function has in memory: its next call starts afresh, as a new environment does. */
export async function restart(world: World, name: string): Promise<void> {
  const lambda = world.functionNamed(name);
  for (const pid of lambda.pids) process.kill(pid, "SIGKILL");
  await world.within(5, () => lambda.pids.length === 0);
}
