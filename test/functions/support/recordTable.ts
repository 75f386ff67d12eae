import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { listIndex, unsuccessfulIndex } from "../../../contract/records/listKey";
import { decodeRecord, encodeRecord, type JobRecord } from "../../../contract/records/record";

/** A table of job records with its indexes, in the DynamoDB that the client knows. */
export class RecordTable {
  private constructor(
    private readonly client: DynamoDBClient,
    readonly name: string,
  ) {}

  static async create(client: DynamoDBClient, name: string): Promise<RecordTable> {
    const keys = (...names: string[]) =>
      names.map((AttributeName, index) => ({
        AttributeName,
        KeyType: index === 0 ? ("HASH" as const) : ("RANGE" as const),
      }));
    const Projection = { ProjectionType: "KEYS_ONLY" as const };
    await client.send(
      new CreateTableCommand({
        TableName: name,
        KeySchema: keys("id"),
        AttributeDefinitions: ["id", "listKey", "submittedAt", "type", "endedAs"].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S",
        })),
        BillingMode: "PAY_PER_REQUEST",
        GlobalSecondaryIndexes: [
          { IndexName: listIndex, KeySchema: keys("listKey", "submittedAt"), Projection },
          { IndexName: unsuccessfulIndex, KeySchema: keys("type", "endedAs"), Projection },
        ],
      }),
    );
    // Even at once is a moment later.
    const describe = new DescribeTableCommand({ TableName: name });
    while ((await client.send(describe)).Table?.TableStatus !== "ACTIVE");
    return new RecordTable(client, name);
  }

  async put(record: JobRecord): Promise<void> {
    await this.client.send(new PutItemCommand({ TableName: this.name, Item: encodeRecord(record) }));
  }

  async read(id: string): Promise<JobRecord> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: this.name, Key: { id: { S: id } } }));
    return decodeRecord(Item!);
  }
}
