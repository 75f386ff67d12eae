import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { decodePayload, encodePayload, payloadItem } from "../../../contract/records/payloads";
import { pause } from "../../shared/runtime";
import type { JobPayloads } from "../effects";

/** Tries of the items that DynamoDB leaves unprocessed, and the pause before the second one. */
const maxWrites = 4;
const firstPauseMilliseconds = 50;

/** Makes the writes, those that DynamoDB leaves unprocessed several times. */
export async function writeItems(client: DynamoDBClient, tableName: string, requests: WriteRequest[]): Promise<void> {
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

/** The payloads in the table of users' data. */
export function createJobPayloads(client: DynamoDBClient, tableName: string): JobPayloads {
  return {
    keep: (envelopes) =>
      writeItems(
        client,
        tableName,
        envelopes.map((envelope) => ({ PutRequest: { Item: encodePayload(envelope) } })),
      ),
    async read({ type, id }) {
      const Key = { type: { S: type }, item: { S: payloadItem(id) } };
      const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
      return decodePayload((await client.send(command)).Item);
    },
  };
}
