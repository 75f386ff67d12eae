import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { usageDays, type UsageDimension, type UsageItem, usageItem, usageKey } from "../../../contract/fleet/usage";
import { namesIn, valuesOf } from "../../../contract/records/expressions";

/** One item of usage. */
export interface UsagePlace {
  dimension: UsageDimension;
  /** A date in UTC. */
  day: string;
  /** Undefined for the type's own item. */
  value?: string | undefined;
}

/** Numbers that are added to an item. */
export type UsageSums = Omit<UsageItem, "expiresAt">;

/** Usage of one type, as it is kept. */
export interface UsageTable {
  add(place: UsagePlace, sums: UsageSums): Promise<void>;
}

/**
 * The items of usage in the fleet table. Each addition is one UpdateItem: if DynamoDB carries it out and its answer is
 * lost, the SDK's retry, or the worker's next addition, adds it once more.
 */
export class DynamoUsageTable implements UsageTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly type: string,
  ) {}

  async add({ dimension, day, value }: UsagePlace, sums: UsageSums): Promise<void> {
    const given = Object.entries(sums).filter(([, sum]) => sum !== undefined);
    const additions = given.map(([field]) => `#${field} :${field}`).join(", ");
    const expression = `ADD ${additions} SET #expiresAt = :expiresAt`;
    const expiresAt = Date.parse(day) / 1_000 + (usageDays + 1) * 86_400;
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { type: { S: usageKey(this.type) }, item: { S: usageItem(dimension, day, value) } },
        UpdateExpression: expression,
        ExpressionAttributeNames: namesIn(expression),
        ExpressionAttributeValues: valuesOf({ ...Object.fromEntries(given), expiresAt }),
      }),
    );
  }
}
