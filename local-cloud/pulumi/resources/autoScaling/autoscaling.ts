import { randomUUID } from "node:crypto";
import { optionalNumber, optionalText, type Properties, text } from "../../../properties";
import {
  arnOf,
  physicalName,
  putHandler,
  type ResourceContext,
  type ResourceHandler,
  type ResourceHandlers,
} from "../../resource";
import { groupSettings, hookOf } from "./groupInputs";
import { launchTemplate } from "./launchTemplate";

const group: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const settings = groupSettings(inputs, cloud.region);
    const arn = arnOf(cloud, "autoscaling", `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`);
    const desired = optionalNumber(inputs, "desiredCapacity") ?? 0;
    const { desiredCapacity } = cloud.groups.create({ name, arn }, settings, desired);
    return { id: name, state: { ...inputs, name, arn, desiredCapacity } };
  },
  update(id, state, inputs, { cloud }) {
    const target = cloud.groups.get(id);
    const settings = groupSettings(inputs, cloud.region);
    cloud.groups.check(settings);
    // Unchanged inputs keep the values of schedules, or of hooks that are resources of their own.
    const { minSize, maxSize, hooks } = target.settings;
    const bounds = {
      minSize: inputs.minSize === state.minSize ? minSize : settings.minSize,
      maxSize: inputs.maxSize === state.maxSize ? maxSize : settings.maxSize,
    };
    const desired = optionalNumber(inputs, "desiredCapacity");
    const desiredCapacity = desired === state.desiredCapacity ? undefined : desired;
    target.update({ ...settings, ...bounds, hooks }, { by: "user request", desiredCapacity });
    const kept = { name: state.name, arn: state.arn, desiredCapacity: desired ?? state.desiredCapacity };
    return { ...inputs, ...kept };
  },
  delete: (id, _state, { cloud }) => cloud.groups.delete(id),
};

/** Replaces a hook of that name, even one that the group was created with. */
const lifecycleHook = putHandler(
  (inputs, context, before) => {
    const name = before?.id ?? physicalName(inputs, context);
    const { settings } = context.cloud.groups.get(text(inputs, "autoscalingGroupName"));
    settings.hooks = [...settings.hooks.filter((hook) => hook.name !== name), hookOf({ ...inputs, name })];
    return { id: name, state: { ...inputs, name } };
  },
  (id, state, { cloud }) => {
    const settings = cloud.groups.find(text(state, "autoscalingGroupName"))?.settings;
    if (settings) settings.hooks = settings.hooks.filter(({ name }) => name !== id);
  },
);

const schedule: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const groupName = text(inputs, "autoscalingGroupName");
    const name = text(inputs, "scheduledActionName");
    cloud.scheduledActions.create(scheduleId(inputs), {
      group: groupName,
      recurrence: optionalText(inputs, "recurrence"),
      timeZone: optionalText(inputs, "timeZone"),
      startsAt: optionalTime(inputs, "startTime"),
      endsAt: optionalTime(inputs, "endTime"),
      minSize: bound(inputs, "minSize"),
      maxSize: bound(inputs, "maxSize"),
      desiredCapacity: bound(inputs, "desiredCapacity"),
    });
    const resource = `scheduledUpdateGroupAction:${randomUUID()}:autoScalingGroupName/${groupName}:scheduledActionName/${name}`;
    return { id: name, state: { ...inputs, arn: arnOf(cloud, "autoscaling", resource) } };
  },
  delete: (_id, state, { cloud }) => cloud.scheduledActions.delete(scheduleId(state)),
};

const policy: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    warnNotEmulated(context, name);
    const resource = `scalingPolicy:${randomUUID()}:autoScalingGroupName/${text(inputs, "autoscalingGroupName")}:policyName/${name}`;
    return { id: name, state: { ...inputs, name, arn: arnOf(context.cloud, "autoscaling", resource) } };
  },
};

export const autoscaling: ResourceHandlers = {
  "aws:ec2/launchTemplate:LaunchTemplate": launchTemplate,
  "aws:autoscaling/group:Group": group,
  "aws:autoscaling/lifecycleHook:LifecycleHook": lifecycleHook,
  "aws:autoscaling/schedule:Schedule": schedule,
  "aws:autoscaling/policy:Policy": policy,
};

function warnNotEmulated({ cloud }: ResourceContext, name: string): void {
  const line = "there is no CloudWatch in the local cloud: this scaling policy and its alarms never act";
  cloud.log({ source: "cloud", name, stream: "stderr", line });
}

function scheduleId(inputs: Properties): string {
  return `${text(inputs, "autoscalingGroupName")}/${text(inputs, "scheduledActionName")}`;
}

/** The provider takes 0 for an omitted bound, and -1 for an unchanged one. */
function bound(inputs: Properties, field: string): number | undefined {
  const value = optionalNumber(inputs, field) ?? 0;
  return value < 0 ? undefined : value;
}

function optionalTime(inputs: Properties, field: string): Date | undefined {
  const value = optionalText(inputs, field);
  return value === undefined ? undefined : new Date(value);
}
