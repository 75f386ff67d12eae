import { Refused } from "../../wire/refusal";
import { describeActivity } from "./answers";
import type { Call } from "./input";

/** The calls that change a group or an instance. */
export const changeCalls: Record<string, Call> = {
  SetDesiredCapacity(groups, input) {
    const group = groups.get(input.required("AutoScalingGroupName"));
    group.setDesiredCapacity(input.count("DesiredCapacity"));
    return {};
  },
  SetInstanceHealth(groups, input) {
    const status = input.choice("HealthStatus", ["Healthy", "Unhealthy"]);
    const { group, instance } = groups.getInstance(input.required("InstanceId"));
    const { inServiceSince = Infinity } = instance;
    const inService = (Date.now() - inServiceSince) / 1_000;
    const isInGrace = inService < group.settings.healthCheckGraceSeconds;
    // Within the grace period AWS ignores it unless the call says otherwise.
    if (!isInGrace || !input.flag("ShouldRespectGracePeriod", true)) group.setHealth(instance, status === "Healthy");
    return {};
  },
  TerminateInstanceInAutoScalingGroup(groups, input) {
    const { instance, group } = groups.getInstance(input.required("InstanceId"));
    const lowersDesired = input.required("ShouldDecrementDesiredCapacity") === "true";
    const { minSize } = group.settings;
    if (lowersDesired && !instance.isTerminating && group.desiredCapacity <= minSize) {
      throw new Refused(
        `Currently, desiredSize equals minSize (${minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
      );
    }
    // For a repeated call AWS returns the running termination.
    const activity = group.terminate(instance, { lowersDesired: lowersDesired && !instance.isTerminating });
    return { Activity: describeActivity(group, activity) };
  },
};
