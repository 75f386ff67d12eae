import type { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { publishInput, publishTarget, schedulePrefix } from "../../../contract/messages/scheduledMessage";
import { clientOptions } from "../../shared/runtime";
import type { JobScheduler } from "../effects";
import { sha256 } from "../requests/digest";

export interface ScheduleTarget {
  topicArn: string;
  /** Group of the schedules. */
  groupName: string;
  /** Role that publishes the jobs. */
  roleArn: string;
  /** Queue of jobs that could not be published; the repair run replays it. */
  deadLetterArn: string;
}

/** Creates a one-time schedule for each job, which is deleted after its run. */
export function scheduleWith(target: ScheduleTarget): JobScheduler {
  const { topicArn, groupName, roleArn, deadLetterArn } = target;
  let client: SchedulerClient | undefined;
  // Loaded with the first job far ahead: most environments never see one.
  const load = () => import("@aws-sdk/client-scheduler");

  /** The error means that the state asked for exists already. */
  async function send(command: CreateScheduleCommand | DeleteScheduleCommand, reached: string): Promise<void> {
    client ??= new (await load()).SchedulerClient(clientOptions());
    try {
      await client.send(command as CreateScheduleCommand);
    } catch (error) {
      if ((error as Error).name !== reached) throw error;
    }
  }

  return {
    async schedule(envelope) {
      const command = new (await load()).CreateScheduleCommand({
        Name: nameOf(envelope.id),
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
      await send(command, "ConflictException");
    },
    async unschedule(id) {
      const command = new (await load()).DeleteScheduleCommand({ Name: nameOf(id), GroupName: groupName });
      await send(command, "ResourceNotFoundException");
    },
  };
}

/** Names may have 64 characters, ids 80. */
function nameOf(id: string): string {
  return schedulePrefix + sha256(id);
}

/** A time in UTC without fraction, never before the given one: `2026-11-23T12:00:00`. */
function nextSecond(time: string): string {
  return new Date(Math.ceil(Date.parse(time) / 1_000) * 1_000).toISOString().slice(0, 19);
}
