import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { fleetItem } from "../../contract/fleet";

export const deploymentOnlyModule = true;

/** Why workers of these types don't start: by type, where there is a reason. */
export type ReadLaunchProblems = (types: string[]) => Promise<Record<string, string>>;

/** Keys that one call takes ("BatchGetItem", Amazon DynamoDB API Reference). */
const keysAtOnce = 100;

/** Reads what the scaler says in the fleet table. Items that DynamoDB leaves out of a crowded answer are left out here too. */
export function readLaunchProblemsFrom(client: DynamoDBClient, tableName: string): ReadLaunchProblems {
  const { BatchGetItemCommand } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  return async function readLaunchProblems(types) {
    const problems: Record<string, string> = {};
    for (let start = 0; start < types.length; start += keysAtOnce) {
      const Keys = types
        .slice(start, start + keysAtOnce)
        .map((type) => ({ type: { S: type }, item: { S: fleetItem } }));
      const ProjectionExpression = "#type, launchProblem";
      const request = { Keys, ProjectionExpression, ExpressionAttributeNames: { "#type": "type" } };
      const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: request } }));
      for (const { type, launchProblem } of Responses?.[tableName] ?? []) {
        if (type?.S && launchProblem?.S) problems[type.S] = launchProblem.S;
      }
    }
    return problems;
  };
}
