import type { ScheduleInput } from "../../events/scheduler";
import { optionalText, type Properties, text } from "../../properties";
import { arnOf, physicalName, type ResourceContext, type ResourceHandler, type ResourceHandlers } from "../resource";

const scheduleGroup: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    cloud.scheduler.createGroup(name);
    return { id: name, state: { ...inputs, name, arn: arnOf(cloud, "scheduler", `schedule-group/${name}`) } };
  },
  update: (_id, state, inputs) => ({ ...state, ...inputs }),
  delete: (id, _state, { cloud }) => cloud.scheduler.deleteGroup(id),
};

const schedule: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    const input = scheduleOf(inputs, name);
    const arn = context.cloud.scheduler.create(input);
    return { id: `${input.GroupName}/${name}`, state: { ...inputs, name, arn } };
  },
  async update(id, state, inputs, context) {
    const name = text(state, "name");
    await schedule.delete!(id, state, context);
    return { ...inputs, name, arn: context.cloud.scheduler.create(scheduleOf(inputs, name)) };
  },
  delete(id, _state, { cloud }: ResourceContext) {
    const [group, name] = id.split("/") as [string, string];
    cloud.scheduler.delete(group, name);
  },
};

function scheduleOf(inputs: Properties, name: string): ScheduleInput {
  const target = inputs.target as Properties;
  const deadLetterArn = (target.deadLetterConfig as Properties | undefined)?.arn as string | undefined;
  return {
    Name: name,
    GroupName: optionalText(inputs, "groupName") ?? "default",
    ScheduleExpression: text(inputs, "scheduleExpression"),
    ScheduleExpressionTimezone: optionalText(inputs, "scheduleExpressionTimezone"),
    State: optionalText(inputs, "state"),
    Target: {
      Arn: text(target, "arn"),
      RoleArn: text(target, "roleArn"),
      Input: optionalText(target, "input"),
      DeadLetterConfig: { Arn: deadLetterArn },
    },
  };
}

export const scheduler: ResourceHandlers = {
  "aws:scheduler/scheduleGroup:ScheduleGroup": scheduleGroup,
  "aws:scheduler/schedule:Schedule": schedule,
};
