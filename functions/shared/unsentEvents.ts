import { DeleteItemCommand, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { decodeFlat } from "../../contract/records/flatItem";

/** Jobs that the router could not route, since their queue took none of them. */
export interface UnsentEvent {
  id: string;
  /** URL of the queue that did not take them. */
  queue: string;
  /** The jobs as a message of the topic. */
  message: string;
}

/** The unsent events, as the repair run empties their table. */
export interface UnsentEvents {
  /** A page of events, in the table's own order: from the beginning, or after an id, which need not exist. */
  list(after?: string): Promise<UnsentPage>;
  remove(id: string): Promise<void>;
}

export interface UnsentPage {
  events: UnsentEvent[];
  /** Id after which the next page begins; undefined at the end. */
  next?: string | undefined;
}

/** Events per read; a page of DynamoDB holds 1 MB anyway. */
const eventsPerLook = 100;

/** Unsent events in DynamoDB. */
export function createUnsentEvents(client: DynamoDBClient, tableName: string): UnsentEvents {
  return {
    async list(after) {
      const ExclusiveStartKey = after === undefined ? undefined : { id: { S: after } };
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({ TableName: tableName, Limit: eventsPerLook, ExclusiveStartKey }),
      );
      return { events: Items.map((item) => decodeFlat(item) as unknown as UnsentEvent), next: LastEvaluatedKey?.id?.S };
    },
    async remove(id) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }));
    },
  };
}
