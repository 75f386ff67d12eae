import {
  type AttributeValue,
  type DynamoDBClient,
  paginateQuery,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { fleetItem, type FleetState } from "../../contract/fleet/state";
import type { StateChanges } from "./rules/action";
import type { InstanceItem } from "./rules/fleetView";

/** A type's items of the fleet table. A lease is identified by its end, in epoch milliseconds. */
export interface FleetItems {
  read(type: string): Promise<{ state: FleetState; items: Record<string, InstanceItem> }>;
  /** Acquires the type's lease; resolves to false if it was taken, or if the last lease is no longer `lastLease`. */
  take(type: string, now: number, until: number, lastLease: number | undefined): Promise<boolean>;
  /** Extends the lease; resolves to false if it was no longer held. */
  extend(type: string, lease: number, until: number): Promise<boolean>;
  /** Asks the lease holder for one more check, and adds the jobs sent; resolves to false if there is no holder. */
  askHolder(type: string, now: number, sent: number): Promise<boolean>;
  /** Releases the lease, unless another run has requested one more check since the check that saw `nudgedAt`. */
  release(type: string, lease: number, nudgedAt: number | undefined): Promise<boolean>;
  /** Releases the lease whatever was requested. */
  drop(type: string, lease: number): Promise<void>;
  remember(type: string, changes: StateChanges): Promise<void>;
  /** Makes the next check try failing launches, as if for the first time. */
  retryLaunches(type: string, now: number): Promise<void>;
  /** Notes on an instance's item that its worker's reports are missing. */
  watch(type: string, instanceId: string, now: number): Promise<void>;
  /** Asks an instance's worker to retire. */
  retire(type: string, instanceId: string, now: number): Promise<void>;
}

/** Seconds that the item of an instance whose worker never reports is kept. */
const watchedSeconds = 86_400;

/** The fleet table in DynamoDB. */
export function createFleetItems(client: DynamoDBClient, tableName: string): FleetItems {
  /** Resolves to true if the condition held. A value `x` is `:x` in the expressions. */
  async function update(
    [type, item]: [type: string, item: string],
    values: Record<string, number | string>,
    expressions: Pick<UpdateItemCommandInput, "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames">,
  ): Promise<boolean> {
    const encoded = Object.entries(values).map(([name, value]) => [`:${name}`, encode(value)] as const);
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { type: { S: type }, item: { S: item } },
      // DynamoDB refuses an empty one.
      ExpressionAttributeValues: encoded.length > 0 ? Object.fromEntries(encoded) : undefined,
      ...expressions,
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if ((error as Error).name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  return {
    async read(type) {
      const state: FleetState = {};
      const items: Record<string, InstanceItem> = {};
      const query = {
        TableName: tableName,
        KeyConditionExpression: "#type = :type",
        ExpressionAttributeNames: { "#type": "type" },
        ExpressionAttributeValues: { ":type": { S: type } },
        ConsistentRead: true,
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        for (const item of Items) {
          const key = item.item?.S ?? "";
          if (key === fleetItem) Object.assign(state, decode(item));
          else items[key] = decode(item);
        }
      }
      return { state, items };
    },
    take: (type, now, until, lastLease) =>
      update(
        [type, fleetItem],
        { until, now, ...(lastLease !== undefined && { lastLease }) },
        {
          // Requests to a holder that died are obsolete.
          UpdateExpression: "SET leaseUntil = :until, lastLease = :until REMOVE nudgedAt, nudgedSent",
          ConditionExpression: `(attribute_not_exists(leaseUntil) OR leaseUntil <= :now) AND ${isAt("lastLease", lastLease)}`,
        },
      ),
    extend: (type, lease, until) =>
      update(
        [type, fleetItem],
        { until, lease },
        {
          UpdateExpression: "SET leaseUntil = :until",
          ConditionExpression: "leaseUntil = :lease",
        },
      ),
    askHolder: (type, now, sent) =>
      update(
        [type, fleetItem],
        { now, sent },
        {
          UpdateExpression: "SET nudgedAt = :now ADD nudgedSent :sent",
          ConditionExpression: "leaseUntil > :now",
        },
      ),
    release: (type, lease, nudgedAt) =>
      update(
        [type, fleetItem],
        { lease, ...(nudgedAt !== undefined && { nudgedAt }) },
        {
          UpdateExpression: "REMOVE leaseUntil, nudgedAt, nudgedSent",
          ConditionExpression: `leaseUntil = :lease AND ${isAt("nudgedAt", nudgedAt)}`,
        },
      ),
    async drop(type, lease) {
      await update(
        [type, fleetItem],
        { lease },
        {
          UpdateExpression: "REMOVE leaseUntil, nudgedAt, nudgedSent",
          ConditionExpression: "leaseUntil = :lease",
        },
      );
    },
    async remember(type, changes) {
      const fields = Object.entries(changes);
      const set = fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const]));
      const removed = fields.filter(([, value]) => value === undefined);
      const clauses = [
        ...(set.length > 0 ? [`SET ${set.map(([field]) => `#${field} = :${field}`).join(", ")}`] : []),
        ...(removed.length > 0 ? [`REMOVE ${removed.map(([field]) => `#${field}`).join(", ")}`] : []),
      ];
      await update([type, fleetItem], Object.fromEntries(set), {
        UpdateExpression: clauses.join(" "),
        ExpressionAttributeNames: Object.fromEntries(fields.map(([field]) => [`#${field}`, field])),
      });
    },
    async retryLaunches(type, now) {
      const UpdateExpression = "SET retryAt = :now, failedTries = :none REMOVE triedAt";
      const ConditionExpression = "attribute_exists(failedLaunches)";
      await update([type, fleetItem], { now, none: 0 }, { UpdateExpression, ConditionExpression });
    },
    async watch(type, instanceId, now) {
      const expiresAt = Math.floor(now / 1_000) + watchedSeconds;
      const UpdateExpression = "SET silentSince = :now, expiresAt = if_not_exists(expiresAt, :expiresAt)";
      await update([type, instanceId], { now, expiresAt }, { UpdateExpression });
    },
    async retire(type, instanceId, now) {
      const ConditionExpression = "attribute_exists(seenAt) AND attribute_not_exists(retiresSince)";
      await update([type, instanceId], { now }, { UpdateExpression: "SET retiresSince = :now", ConditionExpression });
    },
  };
}

/** Condition that the field is unchanged; its value is `:field` in the expression. */
function isAt(field: string, seen: number | undefined): string {
  return seen === undefined ? `attribute_not_exists(${field})` : `${field} = :${field}`;
}

function encode(value: number | string): AttributeValue {
  return typeof value === "number" ? { N: String(value) } : { S: value };
}

/** Numbers and texts, each under its field's name. */
function decode(item: Record<string, AttributeValue>): Record<string, number | string | undefined> {
  return Object.fromEntries(Object.entries(item).map(([field, { N, S }]) => [field, N === undefined ? S : Number(N)]));
}
