import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { encodePayload } from "../../../contract/records/payloads";

/** Keeps payloads in the table of users' data, to which the worker's role may write items of its type alone. */
export function keepPayloadIn(client: DynamoDBClient, table: string): (job: JobEnvelope) => Promise<void> {
  return async function keepPayload(job) {
    const { type, item, ...content } = encodePayload(job);
    const fields = Object.entries(content);
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { type, item },
        UpdateExpression: `SET ${fields.map(([name]) => `#${name} = :${name}`).join(", ")}`,
        ExpressionAttributeNames: Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])),
      }),
    );
  };
}
