import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { jsonOf } from "../../../contract/check";
import { checkpointItem, encodePayload, payloadItem } from "../../../contract/records/payloads";
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

  return {
    keep: (envelopes) => write(envelopes.map((envelope) => ({ PutRequest: { Item: encodePayload(envelope) } }))),
    async read({ type, id }) {
      const Key = { type: { S: type }, item: { S: payloadItem(id) } };
      const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return Item?.json?.S === undefined ? undefined : { payload: jsonOf(Item.json.S) };
    },
    remove: ({ type, id }) =>
      write(
        [payloadItem(id), checkpointItem(id)].map((item) => ({
          DeleteRequest: { Key: { type: { S: type }, item: { S: item } } },
        })),
      ),
  };
}
