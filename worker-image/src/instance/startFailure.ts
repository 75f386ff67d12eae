import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { WorkerSettings } from "../../../contract/workerSettings";
import { systemClock } from "../support/clock";
import { DynamoFleetTable, FleetTable } from "./fleetTable";
import { InstanceMetadata } from "./metadata";
import { MetadataReader } from "./notice";
import { errorFields, Log } from "../support/log";
import { nudgeScaler } from "./scalerNudge";

/** The longest reason that is told. */
const maxCharacters = 500;

/** A worker that can't even say why it doesn't start must not be slow to end. */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** What telling of a start that failed is handed. */
export interface StartFailureEffects {
  table: Pick<FleetTable, "reportFailure">;
  metadata: MetadataReader;
  /** Has the scaler look at the type. */
  nudge: () => Promise<void>;
  /** Epoch milliseconds by the wall clock. */
  now: () => number;
  log: Log;
}

/** Tells the fleet table why this instance's worker doesn't start, and the scaler that there is news. Never rejects. */
export async function tellStartFailure(reason: string, effects: StartFailureEffects): Promise<void> {
  const { table, metadata, nudge, now, log } = effects;
  try {
    const instanceId = await metadata.read("instance-id");
    if (instanceId === undefined) return;
    const startError = reason.slice(0, maxCharacters) || "It gave no reason";
    await table.reportFailure(instanceId, { startError, startErrorAt: now() });
    await nudge();
  } catch (error) {
    log("warn", "start-failure-not-told", errorFields(error));
  }
}

/** The settings that are needed to tell: they may be there where others are missing or wrong. */
export type TellingSettings = Partial<Pick<WorkerSettings, "type" | "fleetTable" | "scalerFunction">>;

/** Tells it by this machine's metadata and AWS; nothing where there is no instance, or no scaler keeps its fleet. */
export async function reportStartFailure(reason: string, settings: TellingSettings, log: Log): Promise<void> {
  const { type, fleetTable, scalerFunction } = settings;
  const metadata = InstanceMetadata.fromEnvironment(process.env);
  if (!metadata || !type || !fleetTable) return;
  const table = new DynamoFleetTable(new DynamoDBClient({ requestHandler, maxAttempts: 2 }), fleetTable, type);
  const nudge = async () => {
    if (scalerFunction) await nudgeScaler(scalerFunction, type, 0);
  };
  await tellStartFailure(reason, { table, metadata, nudge, now: () => systemClock.wallNow(), log });
}
