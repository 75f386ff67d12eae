import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { type AttributeValue, GetItemCommand, ScanCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { fleetItem } from "../../../contract/fleet/state";
import type { Group } from "../../../local-cloud/autoScaling/group";
import type { LambdaFunction } from "../../../local-cloud/lambda/lambdaFunction";
import { until } from "../../local-cloud/support";
import type { Journey } from "./stack";

/** The type's Auto Scaling groups: with spot the second one is on demand. */
export function groupsOf({ cloud }: Journey, type: string): Group[] {
  const spotShare = ({ settings }: Group) => 100 - (settings.mixed?.onDemandPercentageAboveBaseCapacity ?? 100);
  const groups = cloud.groups.list().filter(({ jobType }) => jobType === type);
  return groups.sort((one, other) => spotShare(other) - spotShare(one));
}

export function groupOf(journey: Journey, type: string): Group {
  return groupsOf(journey, type)[0]!;
}

/** Submits so many jobs in one request, of which the scaler is told at once. */
export async function submitMany(journey: Journey, type: string, count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => ({ type, payload: {} }));
  const { body } = await journey.call("POST", "/jobs/batch", { jobs });
  return (body.results as { id: string }[]).map(({ id }) => id);
}

export function idsInService(group: Group): string[] {
  return group.instances.filter(({ lifecycleState }) => lifecycleState === "InService").map(({ id }) => id);
}

/** Has the delayed message of a job come now. */
export async function letCome({ cloud, outputs }: Journey, type: string, id: string): Promise<void> {
  const queue = cloud.messaging.queue(outputs.queueUrls[type]!)!;
  const isItsOwn = ({ body }: { body: string }) => (JSON.parse(body) as { id: string }).id === id;
  const message = await until(() => queue.inspectMessages().delayed.find(isItsOwn));
  message.delayUntil = Date.now();
}

/** True if an instance's worker has written a log line with that event. */
export function hasSaid({ logs }: Journey, instance: string, event: string): boolean {
  return logs.some(({ name, line }) => name === instance && line.includes(`"event":"${event}"`));
}

export function scalerOf({ cloud }: Journey): LambdaFunction {
  return cloud.lambdas.list().find(({ spec }) => spec.environment.FLEET_TABLE !== undefined && isScaler(spec.name))!;
}

function isScaler(name: string): boolean {
  return name.includes("-scaler-");
}

/** The scaler's log lines with that message. */
export function scalerSaid(journey: Journey, message: string): string[] {
  const { name } = scalerOf(journey).spec;
  return journey.logs.filter((entry) => entry.name === name && entry.line.includes(message)).map(({ line }) => line);
}

/**
 * The minute's run, now. Leases of runs that are under way count as run out, so that it needn't wait for them.
 * @returns whether the run found nothing to complain of
 */
export async function runScaler(journey: Journey): Promise<boolean> {
  const table = fleetTable(journey);
  const { Items = [] } = await journey.dynamodb.send(new ScanCommand({ TableName: table }));
  const held = Items.filter(({ leaseUntil }) => leaseUntil !== undefined);
  await Promise.all(held.map(({ type }) => setItem(journey, type!.S!, fleetItem, { leaseUntil: 0 })));
  const { functionError } = await scalerOf(journey).invoke("{}", { mayWait: true });
  return functionError === undefined;
}

/** An item of the fleet table: of the type itself, or of an instance. */
export async function readItem(
  journey: Journey,
  type: string,
  item: string,
): Promise<Record<string, number | string | undefined>> {
  const { Item = {} } = await journey.dynamodb.send(
    new GetItemCommand({ TableName: fleetTable(journey), Key: keyOf(type, item), ConsistentRead: true }),
  );
  return Object.fromEntries(Object.entries(Item).map(([field, { N, S }]) => [field, N === undefined ? S : Number(N)]));
}

/** Sets fields of such an item: times put back stand for time that has passed. */
export async function setItem(
  journey: Journey,
  type: string,
  item: string,
  fields: Record<string, number | string>,
): Promise<void> {
  const valueOf = (field: number | string) => (typeof field === "number" ? { N: String(field) } : { S: field });
  const names = Object.keys(fields);
  await journey.dynamodb.send(
    new UpdateItemCommand({
      TableName: fleetTable(journey),
      Key: keyOf(type, item),
      UpdateExpression: `SET ${names.map((_name, index) => `#${index} = :${index}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
      ExpressionAttributeValues: Object.fromEntries(names.map((name, index) => [`:${index}`, valueOf(fields[name]!)])),
    }),
  );
}

export function fleetTable(journey: Journey): string {
  return scalerOf(journey).spec.environment.FLEET_TABLE!;
}

function keyOf(type: string, item: string): Record<string, AttributeValue> {
  return { type: { S: type }, item: { S: item } };
}

/** A client of the local cloud's Auto Scaling, for the person at the keyboard. */
export function autoScalingClient({ cloud: { endpoint, region, credentials } }: Journey): AutoScalingClient {
  return new AutoScalingClient({ endpoint, region, credentials });
}

/** A call that a service has answered. */
export interface Call {
  action: string;
  body: string;
  /** Name of the function or instance. */
  caller?: string;
  status: number;
}

/**
 * Notes the calls to a service once they are answered.
 * @param before is waited for before a call reaches the service
 */
export function watchCalls(
  { cloud }: Journey,
  name: string,
  { before, after }: { before?: (call: Omit<Call, "status">) => Promise<void>; after?: () => void } = {},
): Call[] {
  const calls: Call[] = [];
  const service = cloud.services.get(name)!;
  cloud.services.set(name, {
    ...service,
    handle: async (request, response) => {
      const caller = request.caller.name;
      const call = { action: request.action, body: request.body.toString(), caller };
      await before?.(call);
      await service.handle(request, response);
      calls.push({ ...call, status: response.statusCode });
      after?.();
    },
  });
  return calls;
}

/** The capacities that the group was set to, in their order. */
export function capacitiesSet(calls: Call[], group: Group): number[] {
  return calls
    .filter(({ action, status }) => action === "SetDesiredCapacity" && status === 200)
    .map(({ body }) => new URLSearchParams(body))
    .filter((input) => input.get("AutoScalingGroupName") === group.name)
    .map((input) => Number(input.get("DesiredCapacity")));
}
