import {
  type AttributeValue,
  type DynamoDBClient,
  paginateQuery,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { historyKey, historyMinutes, historyPlace } from "../../contract/fleet/history";
import { fleetItem, type FleetState } from "../../contract/fleet/state";
import { ifConditionHolds, valuesOf } from "../../contract/records/expressions";
import { decodeFlat } from "../../contract/records/flatItem";
import type { StateChanges } from "./rules/action";
import type { InstanceItem } from "./rules/fleetView";

/** The right to act on a type until a time, which identifies it. */
export interface Lease {
  type: string;
  /** Epoch milliseconds. */
  from: number;
  until: number;
}

/** A type's items of the fleet table. */
export interface FleetItems {
  read(type: string): Promise<{ state: FleetState; items: Record<string, InstanceItem> }>;
  /**
   * Acquires the type's lease and writes the changes with it; resolves to false, with nothing written, if the lease was
   * taken, or if the last lease is no longer `lastLease`.
   */
  acquire(lease: Lease, lastLease: number | undefined, changes: StateChanges): Promise<boolean>;
  /** Asks the lease holder for one more check, and adds the jobs sent; resolves to false if there is no holder. */
  requestRecheck(type: string, now: number, sent: number): Promise<boolean>;
  /** Releases the lease; resolves to the number of jobs sent if other runs have requested one more check. */
  release(lease: Lease): Promise<number | undefined>;
  /** Notes on an instance's item that its worker's reports are missing. */
  watch(type: string, instanceId: string, now: number): Promise<void>;
  /** Asks an instance's worker to retire. */
  retire(type: string, instanceId: string, now: number): Promise<void>;
  /** Keeps counts for the type's history. */
  keepPast(type: string, now: number, past: string): Promise<void>;
}

/** Seconds that the item of an instance whose worker never reports is kept. */
const watchedSeconds = 86_400;

/** The fleet table in DynamoDB. */
export function createFleetItems(client: DynamoDBClient, tableName: string): FleetItems {
  /** Resolves to the item as it was; undefined if the condition didn't hold. A value `x` is `:x` in the expressions. */
  async function update(
    [type, item]: [type: string, item: string],
    values: Record<string, number | string | undefined>,
    expressions: Pick<UpdateItemCommandInput, "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames">,
  ): Promise<Record<string, AttributeValue> | undefined> {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { type: { S: type }, item: { S: item } },
      ExpressionAttributeValues: valuesOf(values),
      ReturnValues: "ALL_OLD",
      ...expressions,
    });
    const answer = await ifConditionHolds(client.send(command));
    return answer && (answer.Attributes ?? {});
  }

  return {
    async read(type) {
      const all: Record<string, FleetState & InstanceItem> = {};
      const query = {
        TableName: tableName,
        KeyConditionExpression: "#type = :type",
        ExpressionAttributeNames: { "#type": "type" },
        ExpressionAttributeValues: { ":type": { S: type } },
        ConsistentRead: true,
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        for (const item of Items) all[item.item?.S ?? ""] = decodeFlat(item);
      }
      const { [fleetItem]: state = {}, ...items } = all;
      return { state, items };
    },
    async acquire({ type, from, until }, lastLease, changes) {
      // Requests to a holder that died are obsolete.
      const fields = { ...changes, leaseUntil: until, lastLease: until, nudgedSent: undefined };
      const set = Object.entries(fields).flatMap(([field, value]) =>
        value === undefined ? [] : `${field} = :${field}`,
      );
      const removed = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? field : []));
      const isLast = lastLease === undefined ? "attribute_not_exists(lastLease)" : "lastLease = :seen";
      return !!(await update(
        [type, fleetItem],
        { ...fields, from, seen: lastLease },
        {
          // No field of the state is one of DynamoDB's reserved words.
          UpdateExpression: `SET ${set.join()} REMOVE ${removed.join()}`,
          ConditionExpression: `(attribute_not_exists(leaseUntil) OR leaseUntil <= :from) AND ${isLast}`,
        },
      ));
    },
    async requestRecheck(type, now, sent) {
      const ConditionExpression = "leaseUntil > :now";
      const UpdateExpression = "ADD nudgedSent :sent";
      return !!(await update([type, fleetItem], { now, sent }, { UpdateExpression, ConditionExpression }));
    },
    async release({ type, until }) {
      const UpdateExpression = "REMOVE leaseUntil, nudgedSent";
      const ConditionExpression = "leaseUntil = :until";
      const before = await update([type, fleetItem], { until }, { UpdateExpression, ConditionExpression });
      return before?.nudgedSent && Number(before.nudgedSent.N);
    },
    async watch(type, instanceId, now) {
      const expiresAt = Math.ceil(now / 1_000) + watchedSeconds;
      const UpdateExpression = "SET silentSince = :now, expiresAt = if_not_exists(expiresAt, :expiresAt)";
      await update([type, instanceId], { now, expiresAt }, { UpdateExpression });
    },
    async retire(type, instanceId, now) {
      const ConditionExpression = "attribute_exists(seenAt) AND attribute_not_exists(retiresSince)";
      await update([type, instanceId], { now }, { UpdateExpression: "SET retiresSince = :now", ConditionExpression });
    },
    async keepPast(type, now, past) {
      const [hour, attribute] = historyPlace(now);
      const expiresAt = Math.ceil(now / 1_000) + historyMinutes * 60;
      const UpdateExpression = "SET #at = :past, expiresAt = :expiresAt";
      const ExpressionAttributeNames = { "#at": attribute };
      await update([historyKey(type), hour], { past, expiresAt }, { UpdateExpression, ExpressionAttributeNames });
    },
  };
}
