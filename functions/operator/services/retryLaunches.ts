import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { fleetItem } from "../../../contract/fleet/state";
import { ifConditionHolds, valuesOf } from "../../../contract/records/expressions";
import type { CountTypes } from "../../frontend/services/invokeFunctions";

/** Has a type's launches retried. */
export type RetryLaunches = (type: string, now: number) => Promise<void>;

/** Makes the scaler's next check try failing launches, as if for the first time, and has it check the type now. */
export function retryLaunchesIn(client: DynamoDBClient, tableName: string, countTypes: CountTypes): RetryLaunches {
  return async function retryLaunches(type, now) {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { type: { S: type }, item: { S: fleetItem } },
      UpdateExpression: "SET retryAt = :now, failedTries = :none REMOVE triedAt",
      ConditionExpression: "attribute_exists(failedLaunches)",
      ExpressionAttributeValues: valuesOf({ now, none: 0 }),
    });
    await ifConditionHolds(client.send(command));
    await countTypes([type]);
  };
}
