import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, valuesOf } from "../../../contract/records/expressions";
import {
  checkpointItem,
  decodePayload,
  type Payload,
  payloadExpiry,
  payloadItem,
} from "../../../contract/records/payloads";
import type { JobRecord } from "../../../contract/records/record";
import { writeItems } from "../../frontend/services/jobPayloads";

/** Users' data of jobs that have ended. */
export interface EndedPayloads {
  /** Reads the payload, and keeps it as long as that of a job that begins at that time, in epoch milliseconds. */
  renew(job: Pick<JobRecord, "id" | "type">, from: number): Promise<Payload | undefined>;
  /** Removes payload and checkpoint. */
  remove(job: Pick<JobRecord, "id" | "type">): Promise<void>;
}

export function createEndedPayloads(client: DynamoDBClient, tableName: string): EndedPayloads {
  const keyOf = (type: string, item: string) => ({ type: { S: type }, item: { S: item } });
  return {
    async renew({ type, id }, from) {
      const command = new UpdateItemCommand({
        ...{ TableName: tableName, Key: keyOf(type, payloadItem(id)), ReturnValues: "ALL_NEW" },
        UpdateExpression: "SET expiresAt = :expiresAt",
        // What was removed stays so.
        ConditionExpression: "attribute_exists(expiresAt)",
        ExpressionAttributeValues: valuesOf({ expiresAt: payloadExpiry(from) }),
      });
      return decodePayload((await ifConditionHolds(client.send(command)))?.Attributes);
    },
    remove: ({ type, id }) =>
      writeItems(
        client,
        tableName,
        [payloadItem(id), checkpointItem(id)].map((item) => ({ DeleteRequest: { Key: keyOf(type, item) } })),
      ),
  };
}
