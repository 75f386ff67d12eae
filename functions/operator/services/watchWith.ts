import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import { watchPrefix } from "../../../contract/messages/scheduledMessage";
import { clientOptions } from "../../shared/runtime";
import type { RunActionEffects } from "../actions/runAction";

/** Has EventBridge Scheduler call the function each minute while an action goes on. */
export function watchWith({ GroupName, RoleArn }: { GroupName: string; RoleArn: string }): RunActionEffects["watch"] {
  let client: SchedulerClient | undefined;
  const load = () => import("@aws-sdk/client-scheduler");
  const unless = (reached: string) => (error: Error) => {
    if (error.name !== reached) throw error;
  };
  return {
    async begin(id, Arn) {
      const aws = await load();
      client ??= new aws.SchedulerClient(clientOptions());
      const command = new aws.CreateScheduleCommand({
        ...{ Name: watchPrefix + id, GroupName, ScheduleExpression: "rate(1 minute)" },
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn, RoleArn, Input: JSON.stringify({ runAction: id }) },
      });
      await client.send(command).catch(unless("ConflictException"));
    },
    async end(id) {
      const aws = await load();
      client ??= new aws.SchedulerClient(clientOptions());
      const command = new aws.DeleteScheduleCommand({ Name: watchPrefix + id, GroupName });
      await client.send(command).catch(unless("ResourceNotFoundException"));
    },
  };
}
