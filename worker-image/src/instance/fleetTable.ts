import { type AttributeValue, DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { fleetItem, type FleetState, type InstanceReport, type StartFailure } from "../../../contract/fleet/state";
import { namesIn, valuesOf } from "../../../contract/records/expressions";
import { callTimeouts } from "../services/callTimeouts";
import { gateClient } from "../services/gatedClient";
import { type Services } from "../services/services";

/** The worker's part of the report; the scaler sets the rest. */
export type OwnReport = Omit<InstanceReport, "retiresSince" | "silentSince">;

/** A worker's view of its type's fleet. */
export type FleetFigures = Pick<FleetState, "secondsPerJob" | "targetLatencySeconds" | "wokenAt" | "launchProblem">;

/** The items of one type in the fleet table. */
export interface FleetTable {
  /** Writes the instance's report; resolves to the time since which it retires, epoch milliseconds, if it does. */
  report(instanceId: string, report: OwnReport): Promise<number | undefined>;
  /** Writes why the instance's worker doesn't start; it outlasts the instance for a while. */
  reportFailure(instanceId: string, failure: StartFailure): Promise<void>;
  readFigures(): Promise<FleetFigures>;
}

/** Time that the item of an instance whose worker didn't start is kept. */
const failureKeptSeconds = 3_600;

/** Time between two calls while the table is away; those for the records come on top. */
const fleetTryMilliseconds = 30_000;

/**
 * The client of the fleet table, for reports and usage. One of its own, so that jobs never wait for it; what fails is
 * sent again with the next report or addition.
 */
export function createFleetClient(services: Services): DynamoDBClient {
  const gate = services.gate("DynamoDB (fleet table)", fleetTryMilliseconds);
  return gateClient(new DynamoDBClient({ requestHandler: callTimeouts, maxAttempts: 2 }), gate);
}

/** The fleet table in DynamoDB. */
export class DynamoFleetTable implements FleetTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly type: string,
  ) {}

  async report(instanceId: string, report: OwnReport): Promise<number | undefined> {
    // A report clears `silentSince`: the two clocks may differ.
    return numberOf((await this.set(instanceId, report, " REMOVE silentSince")).retiresSince);
  }

  async reportFailure(instanceId: string, failure: StartFailure): Promise<void> {
    const expiresAt = Math.ceil(failure.startErrorAt / 1_000) + failureKeptSeconds;
    await this.set(instanceId, { ...failure, expiresAt });
  }

  async readFigures(): Promise<FleetFigures> {
    const { Item: item = {} } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: this.key(fleetItem) }),
    );
    return {
      secondsPerJob: numberOf(item.secondsPerJob),
      targetLatencySeconds: numberOf(item.targetLatencySeconds),
      wokenAt: numberOf(item.wokenAt),
      launchProblem: item.launchProblem?.S,
    };
  }

  /** Sets the fields of an item; resolves to the whole item. */
  private async set(item: string, fields: object, removal = ""): Promise<Record<string, AttributeValue>> {
    const assignments = Object.keys(fields)
      .map((field) => `#${field} = :${field}`)
      .join(", ");
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: this.key(item),
      UpdateExpression: `SET ${assignments}${removal}`,
      ExpressionAttributeNames: namesIn(assignments),
      ExpressionAttributeValues: valuesOf(fields as Record<string, unknown>),
      ReturnValues: "ALL_NEW",
    });
    return (await this.client.send(command)).Attributes ?? {};
  }

  private key(item: string): Record<"type" | "item", AttributeValue> {
    return { type: { S: this.type }, item: { S: item } };
  }
}

function numberOf(attribute: AttributeValue | undefined): number | undefined {
  return attribute?.N === undefined ? undefined : Number(attribute.N);
}
