import { AttributeValue, DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { fleetItem, FleetState, InstanceReport, StartFailure } from "../../../contract/fleet/state";

/** What an instance's worker says; whether it retires is for the scaler to say. */
export type OwnReport = Omit<InstanceReport, "retiresSince" | "silentSince">;

/** What a worker reads of its type's fleet. */
export type FleetFigures = Pick<FleetState, "secondsPerJob" | "targetLatencySeconds">;

/** The items of one type in the fleet table. */
export interface FleetTable {
  /** Writes the instance's report; says since when it retires, epoch milliseconds, if it does. */
  report(instanceId: string, report: OwnReport): Promise<number | undefined>;
  /** Writes why the instance's worker doesn't start; it outlasts the instance for a while. */
  reportFailure(instanceId: string, failure: StartFailure): Promise<void>;
  readFigures(): Promise<FleetFigures>;
}

/** How long the item of an instance whose worker didn't start is kept. */
const failureKeptSeconds = 3_600;

/** The fleet table in DynamoDB. */
export class DynamoFleetTable implements FleetTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly type: string,
  ) {}

  async report(instanceId: string, report: OwnReport): Promise<number | undefined> {
    const fields = Object.entries(report) as [keyof OwnReport, number][];
    const { Attributes: item = {} } = await this.client.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: this.key(instanceId),
        // What speaks isn't silent, whatever the instance's clock says next to the scaler's.
        UpdateExpression: `SET ${fields.map(([field]) => `#${field} = :${field}`).join(", ")} REMOVE silentSince`,
        ExpressionAttributeNames: Object.fromEntries(fields.map(([field]) => [`#${field}`, field])),
        ExpressionAttributeValues: Object.fromEntries(
          fields.map(([field, value]) => [`:${field}`, { N: String(value) }]),
        ),
        ReturnValues: "ALL_NEW",
      }),
    );
    return numberOf(item.retiresSince);
  }

  async reportFailure(instanceId: string, { startError, startErrorAt }: StartFailure): Promise<void> {
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: this.key(instanceId),
        UpdateExpression: "SET startError = :error, startErrorAt = :at, expiresAt = :expiresAt",
        ExpressionAttributeValues: {
          ":error": { S: startError },
          ":at": { N: String(startErrorAt) },
          ":expiresAt": { N: String(Math.ceil(startErrorAt / 1_000) + failureKeptSeconds) },
        },
      }),
    );
  }

  async readFigures(): Promise<FleetFigures> {
    const { Item: item = {} } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: this.key(fleetItem) }),
    );
    return {
      secondsPerJob: numberOf(item.secondsPerJob),
      targetLatencySeconds: numberOf(item.targetLatencySeconds),
    };
  }

  private key(item: string): Record<"type" | "item", AttributeValue> {
    return { type: { S: this.type }, item: { S: item } };
  }
}

function numberOf(attribute: AttributeValue | undefined): number | undefined {
  return attribute?.N === undefined ? undefined : Number(attribute.N);
}
