import { BatchGetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { fleetItem, type FleetState } from "../../../contract/fleet/state";
import { chunksOf } from "../../shared/chunksOf";

/** The fields of a type's fleet that the front end reads. */
export type FleetLook = Pick<FleetState, "launchProblem" | "problemAt" | "inService" | "retryAt" | "triedAt">;

/** Reads the fleets of these types, by type; types without a fleet item are left out. */
export type ReadFleets = (types: string[]) => Promise<Record<string, FleetLook>>;

/** Keys that one call takes ("BatchGetItem", Amazon DynamoDB API Reference). */
const keysAtOnce = 100;

/**
 * Reads the scaler's entries in the fleet table. Items that DynamoDB leaves out of a large answer are left out here
 * too.
 */
export function readFleetsFrom(client: DynamoDBClient, tableName: string): ReadFleets {
  return async function readFleets(types) {
    const fleets: Record<string, FleetLook> = {};
    for (const asked of chunksOf(types, keysAtOnce)) {
      const Keys = asked.map((type) => ({ type: { S: type }, item: { S: fleetItem } }));
      const ProjectionExpression = "#type, launchProblem, problemAt, inService, retryAt, triedAt";
      const request = { Keys, ProjectionExpression, ExpressionAttributeNames: { "#type": "type" } };
      const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: request } }));
      for (const item of Responses?.[tableName] ?? []) {
        const number = (field: string) => (item[field]?.N === undefined ? undefined : Number(item[field].N));
        fleets[item.type?.S ?? ""] = {
          launchProblem: item.launchProblem?.S,
          problemAt: number("problemAt"),
          inService: number("inService"),
          retryAt: number("retryAt"),
          triedAt: number("triedAt"),
        };
      }
    }
    return fleets;
  };
}
