import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { jsonOf } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { ifConditionHolds, namesIn, valuesOf } from "../../../contract/records/expressions";
import { checkpointItem } from "../../../contract/records/payloads";
import { lostAfterSeconds } from "../../../contract/records/recordAsRead";
import { type Clock } from "../support/clock";
import { type Hold } from "./records";

/** A job may begin its next attempt this late: its message is kept until then, and it may be retried after that. */
const keptSeconds = lostAfterSeconds + limits.recordRetentionSeconds;

/** Checkpoints of a type's jobs. Once a later claim has taken one, calls of earlier claims change nothing. */
export interface Checkpoints {
  /** Takes over the job's checkpoint for this claim. Resolves to "lost" if a later one has it. */
  take(hold: Hold): Promise<{ value?: unknown } | "lost">;
  /** Replaces the job's checkpoint. */
  write(hold: Hold, json: string): Promise<"held" | "lost">;
}

/** Checkpoints in the table of users' data. */
export class DynamoCheckpoints implements Checkpoints {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly type: string,
    private readonly clock: Clock,
  ) {}

  async take(hold: Hold): Promise<{ value?: unknown } | "lost"> {
    const item = await this.stamp(hold);
    return item ? { value: jsonOf(item.json?.S ?? "") } : "lost";
  }

  async write(hold: Hold, json: string): Promise<"held" | "lost"> {
    return (await this.stamp(hold, json)) ? "held" : "lost";
  }

  /** The item with the claim's number on it; undefined if it has a higher one. */
  private async stamp({ jobId, claim }: Hold, json?: string): Promise<Record<string, { S?: string }> | undefined> {
    const UpdateExpression = `SET #claim = :claim, #expiresAt = :expiresAt${json === undefined ? "" : ", #json = :json"}`;
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: { type: { S: this.type }, item: { S: checkpointItem(jobId) } },
      UpdateExpression,
      ConditionExpression: "attribute_not_exists(#claim) OR #claim <= :claim",
      ExpressionAttributeNames: namesIn(UpdateExpression),
      ExpressionAttributeValues: valuesOf({
        ...{ claim, json, expiresAt: Math.floor(this.clock.now() / 1_000) + keptSeconds },
      }),
      ReturnValues: json === undefined ? "ALL_NEW" : "NONE",
    });
    const answer = await ifConditionHolds(this.client.send(command));
    return answer && (answer.Attributes ?? {});
  }
}
