import { Refused } from "../../wire/refusal";
import type { Group } from "../group";
import { describeActivity, describeAutoScalingInstance, describeGroup } from "./answers";
import type { Call } from "./input";

/** The calls that only read. */
export const describeCalls: Record<string, Call> = {
  DescribeAutoScalingGroups(groups, input) {
    const names = input.list("AutoScalingGroupNames");
    const filters = input.filters();
    const wanted = groups
      .list()
      .filter((group) => names.length === 0 || names.includes(group.name))
      .filter((group) => filters.every((filter) => meets(group, filter)));
    const { items, nextToken } = input.page(wanted, 50, 100);
    return { AutoScalingGroups: items.map(describeGroup), NextToken: nextToken };
  },
  DescribeAutoScalingInstances(groups, input) {
    const ids = input.list("InstanceIds");
    const wanted = groups
      .list()
      .flatMap((group) => group.instances.map((instance) => ({ group, instance })))
      .filter(({ instance }) => ids.length === 0 || ids.includes(instance.id));
    const { items, nextToken } = input.page(wanted, 50, 50);
    const members = items.map(({ group, instance }) => describeAutoScalingInstance(group, instance));
    return { AutoScalingInstances: members, NextToken: nextToken };
  },
  DescribeScalingActivities(groups, input) {
    const name = input.text("AutoScalingGroupName");
    const ids = input.list("ActivityIds");
    const of = name === undefined ? groups.list() : [groups.get(name)];
    const wanted = of
      .flatMap((group) => group.activities.list().map((activity) => ({ group, activity })))
      .filter(({ activity }) => ids.length === 0 || ids.includes(activity.id));
    if (of.length > 1) wanted.sort((a, b) => b.activity.startedAt.getTime() - a.activity.startedAt.getTime());
    const { items, nextToken } = input.page(wanted, 100, 100);
    return { Activities: items.map(({ group, activity }) => describeActivity(group, activity)), NextToken: nextToken };
  },
};

function meets({ settings: { tags } }: Group, { name, values }: { name: string; values: string[] }): boolean {
  if (name === "tag-key") return tags.some(({ key }) => values.includes(key));
  if (name === "tag-value") return tags.some(({ value }) => values.includes(value));
  if (name.startsWith("tag:")) {
    return tags.some(({ key, value }) => key === name.slice("tag:".length) && values.includes(value));
  }
  throw new Refused(`Filter type ${name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`);
}
