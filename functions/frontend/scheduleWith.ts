import type { SchedulerClient as Client } from "@aws-sdk/client-scheduler";
import type { JobEnvelope } from "../../contract/envelope";
import { publishInput, publishTarget } from "../../contract/scheduledMessage";
import { clientOptions } from "../clientOptions";
import { sha256 } from "./digest";

export const deploymentOnlyModule = true;

/** Has a job published when its time comes. Asked again for the same job, it changes nothing. */
export type ScheduleJob = (envelope: JobEnvelope) => Promise<void>;

export interface ScheduleTarget {
  topicArn: string;
  /** Group of the schedules. */
  groupName: string;
  /** Role that publishes. */
  roleArn: string;
  /** Queue that takes what could not be published; the repair run replays it. */
  deadLetterArn: string;
}

/** Creates a one-time schedule for each job, which deletes itself once it has run. */
export function scheduleWith(target: ScheduleTarget): ScheduleJob {
  let client: Client | undefined;
  return async function schedule(envelope) {
    // Loaded with the first job that is far ahead: most environments never see one.
    const { CreateScheduleCommand, SchedulerClient } =
      require("@aws-sdk/client-scheduler") as typeof import("@aws-sdk/client-scheduler");
    client ??= new SchedulerClient(clientOptions());
    const { topicArn, groupName, roleArn, deadLetterArn } = target;
    const command = new CreateScheduleCommand({
      // Names may have 64 characters, ids 80.
      Name: `job-${sha256(envelope.id)}`,
      GroupName: groupName,
      ScheduleExpression: `at(${nextSecond(envelope.notBefore!)})`,
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "DELETE",
      Target: {
        Arn: publishTarget(topicArn),
        RoleArn: roleArn,
        Input: publishInput(topicArn, envelope),
        DeadLetterConfig: { Arn: deadLetterArn },
      },
    });
    try {
      await client.send(command);
    } catch (error) {
      // An earlier submission of the same job has created it.
      if ((error as Error).name !== "ConflictException") throw error;
    }
  };
}

/** A time in UTC without fraction, never before the given one: `2026-11-23T12:00:00`. */
function nextSecond(time: string): string {
  return new Date(Math.ceil(Date.parse(time) / 1_000) * 1_000).toISOString().slice(0, 19);
}
