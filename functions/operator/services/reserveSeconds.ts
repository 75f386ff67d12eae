import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, valuesOf } from "../../../contract/records/expressions";
import { now } from "../../shared/runtime";

/** Reserves seconds for what may be done once a second, by one item of the control table. */
export function reserveSecondsIn(client: DynamoDBClient, tableName: string, what: string) {
  return async function reserveSeconds(seconds: number): Promise<boolean> {
    const at = now();
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { key: { S: what }, item: { S: "reserved" } },
      UpdateExpression: "SET reservedUntil = :until",
      ConditionExpression: "attribute_not_exists(reservedUntil) OR reservedUntil <= :at",
      ExpressionAttributeValues: valuesOf({ at, until: at + seconds * 1_000 }),
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  };
}
