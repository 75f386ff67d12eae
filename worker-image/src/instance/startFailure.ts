import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { errorFields, type Log } from "../../../contract/log";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { systemClock } from "../support/clock";
import { DynamoFleetTable, type FleetTable } from "./fleetTable";
import { InstanceMetadata } from "./metadata";
import { type MetadataReader } from "./notice";
import { nudgeScaler } from "./scalerNudge";

/** Longest reason in a report. */
const maxCharacters = 500;

/** A worker that can't even report why it doesn't start must not be slow to end. */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** Dependencies of the report of a failed start. */
export interface StartFailureEffects {
  table: Pick<FleetTable, "reportFailure">;
  metadata: MetadataReader;
  /** Has the scaler check the type. */
  nudge: () => Promise<void>;
  /** Epoch milliseconds by the wall clock. */
  now: () => number;
  log: Log;
}

/** Reports why this instance's worker doesn't start to the fleet table, and nudges the scaler. Never rejects. */
export async function tellStartFailure(reason: string, effects: StartFailureEffects): Promise<void> {
  const { table, metadata, nudge, now, log } = effects;
  try {
    const instanceId = await metadata.read("instance-id");
    if (instanceId === undefined) return;
    const startError = reason.slice(0, maxCharacters) || "It gave no reason";
    await table.reportFailure(instanceId, { startError, startErrorAt: now() });
    await nudge();
  } catch (error) {
    log("warn", "start-failure-not-reported", errorFields(error));
  }
}

/** Settings that the report needs: they may be set even if others are missing or wrong. */
export type TellingSettings = Partial<Pick<WorkerSettings, "type" | "fleetTable" | "scalerFunction">>;

/** Reports it with this machine's metadata and AWS; does nothing without an instance or those settings. */
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
