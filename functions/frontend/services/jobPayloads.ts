import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, valuesOf } from "../../../contract/records/expressions";
import {
  checkpointItem,
  decodePayload,
  encodePayload,
  payloadExpiry,
  payloadItem,
} from "../../../contract/records/payloads";
import type { JobRecord } from "../../../contract/records/record";
import { pause } from "../../shared/runtime";
import type { JobPayloads } from "../effects";

/** Tries of the items that DynamoDB leaves unprocessed, and the pause before the second one. */
const maxWrites = 4;
const firstPauseMilliseconds = 50;

/** The payloads in the table of users' data. */
export function createJobPayloads(client: DynamoDBClient, tableName: string): JobPayloads {
  async function write(requests: WriteRequest[]): Promise<void> {
    for (let writes = 1; ; writes++) {
      const { UnprocessedItems } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }),
      );
      requests = UnprocessedItems?.[tableName] ?? [];
      if (requests.length === 0) return;
      if (writes === maxWrites) throw new Error(`DynamoDB left ${requests.length} items unwritten`);
      await pause(firstPauseMilliseconds * 2 ** writes);
    }
  }

  const keyOf = ({ type, id }: Pick<JobRecord, "id" | "type">) => ({ type: { S: type }, item: { S: payloadItem(id) } });

  return {
    keep: (envelopes) => write(envelopes.map((envelope) => ({ PutRequest: { Item: encodePayload(envelope) } }))),
    async read(job) {
      const command = new GetItemCommand({ TableName: tableName, Key: keyOf(job), ConsistentRead: true });
      return decodePayload((await client.send(command)).Item);
    },
    async renew(job, from) {
      const command = new UpdateItemCommand({
        ...{ TableName: tableName, Key: keyOf(job), ReturnValues: "ALL_NEW" },
        UpdateExpression: "SET expiresAt = :expiresAt",
        // What was removed stays so.
        ConditionExpression: "attribute_exists(expiresAt)",
        ExpressionAttributeValues: valuesOf({ expiresAt: payloadExpiry(from) }),
      });
      return decodePayload((await ifConditionHolds(client.send(command)))?.Attributes);
    },
    remove: ({ type, id }) =>
      write(
        [payloadItem(id), checkpointItem(id)].map((item) => ({
          DeleteRequest: { Key: { type: { S: type }, item: { S: item } } },
        })),
      ),
  };
}
