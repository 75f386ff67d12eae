import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JobRecord } from "../../contract/records/record";
import { createRecordTable } from "../shared/recordTable";
import type { RequeuedRecords } from "./redrive";

/** Fields of earlier attempts that the next ones must not find. */
const forgotten = [
  ...["#startedAt", "#finishedAt", "#expiresAt", "#leaseUntil", "#retryAt", "#suspect", "#lossesAlone", "#deferrals"],
  ...["#error", "#result", "#resultOmitted", "#progress", "#cancelRequestedAt"],
].join(", ");

/** The table of job records in DynamoDB. */
export function createRequeuedRecords(client: DynamoDBClient, tableName: string): RequeuedRecords {
  const { read, update } = createRecordTable(client, tableName);
  return {
    read,
    async requeue({ id, state, finishedAt }: JobRecord, now, delaySeconds) {
      const notBefore = delaySeconds > 0 ? new Date(now + delaySeconds * 1_000).toISOString() : undefined;
      const change = [
        "SET #state = :queued, #attempts = :none, #retriedAt = :now, #retries = if_not_exists(#retries, :none) + :one",
        notBefore === undefined ? "" : ", #notBefore = :notBefore",
        ` REMOVE ${forgotten}`,
      ].join("");
      const isUnchanged = finishedAt === undefined ? "attribute_not_exists(#finishedAt)" : "#finishedAt = :finishedAt";
      const retriedAt = new Date(now).toISOString();
      const requeued = await update(id, {
        change,
        condition: `#state = :state AND ${isUnchanged}`,
        values: { queued: "queued", none: 0, one: 1, now: retriedAt, notBefore, state, finishedAt },
      });
      return requeued !== undefined;
    },
  };
}
