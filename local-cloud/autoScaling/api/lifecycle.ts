import { Refused } from "../../wire/refusal";
import type { Groups } from "../groups";
import type { LifecycleAction } from "../lifecycleAction";
import type { Call, Input } from "./input";

/** The calls of the programs that lifecycle hooks wait for. */
export const lifecycleCalls: Record<string, Call> = {
  CompleteLifecycleAction(groups, input) {
    const result = input.choice("LifecycleActionResult", ["CONTINUE", "ABANDON"]);
    findAction(groups, input).complete(result);
    return {};
  },
  RecordLifecycleActionHeartbeat(groups, input) {
    findAction(groups, input).heartbeat();
    return {};
  },
};

/** The wait that the call names, by token or by instance. */
function findAction(groups: Groups, input: Input): LifecycleAction {
  const group = groups.get(input.required("AutoScalingGroupName"));
  const hook = input.required("LifecycleHookName");
  const token = input.text("LifecycleActionToken");
  const id = input.text("InstanceId");
  const found = group.instances
    .filter((instance) => id === undefined || instance.id === id)
    .flatMap((instance) => group.actionOf(instance, hook) ?? [])
    .find((action) => token === undefined || action.token === token);
  if (found && (token ?? id) !== undefined) return found;
  const by = id === undefined ? `token ${token}` : `instance ID ${id}`;
  throw new Refused(`No active Lifecycle Action found with ${by}`);
}
