import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { fleetItem, type FleetState } from "../../../contract/fleet/state";
import { errorFields, type Log } from "../../../contract/log";
import { decodeFlat } from "../../../contract/records/flatItem";
import { chunksOf } from "../../shared/chunksOf";
import { readItems } from "../../shared/tables/readItems";

/** Reads the scaler's states of these types' fleets, by type; types without a fleet item are left out. */
export type ReadFleets = (types: string[]) => Promise<Record<string, FleetState>>;

/** Keys that one call takes. */
const keysAtOnce = 100;

/** Reads the scaler's entries in the fleet table. */
export function readFleetsFrom(client: DynamoDBClient, tableName: string): ReadFleets {
  return async function readFleets(types) {
    const fleets: Record<string, FleetState> = {};
    for (const asked of chunksOf(types, keysAtOnce)) {
      const Keys = asked.map((type) => ({ type: { S: type }, item: { S: fleetItem } }));
      for (const item of await readItems(client, tableName, { Keys })) fleets[item.type?.S ?? ""] = decodeFlat(item);
    }
    return fleets;
  };
}

/** Reads fleets, if that is possible: the types or jobs are the answer all the same. */
export function fleetsIfReadable(readFleets: ReadFleets, log: Log): ReadFleets {
  return async (types) => {
    try {
      return await readFleets(types);
    } catch (error) {
      log("warn", "launch-problems-not-read", { ...errorFields(error) });
      return {};
    }
  };
}
