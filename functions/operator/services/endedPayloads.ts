import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, valuesOf } from "../../../contract/records/expressions";
import { checkpointItem, decodePayload, payloadExpiry, payloadItem } from "../../../contract/records/payloads";
import { writeItems } from "../../frontend/services/jobPayloads";
import type { EndedPayloads } from "../effects";

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
