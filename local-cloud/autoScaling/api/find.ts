import { Refused } from "../../wire/refusal";
import type { Group } from "../group";
import type { Groups } from "../groups";
import type { Instance } from "../instance";

/** @throws Refused as AWS does if there is no such group */
export function findGroup(groups: Groups, name: string): Group {
  const found = groups.find(name);
  if (!found) throw new Refused(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
  return found;
}

/** @throws Refused as AWS does if no group has such an instance */
export function findInstance(groups: Groups, id: string): { group: Group; instance: Instance } {
  const found = groups.findInstance(id);
  if (!found) throw new Refused(`Instance Id not found - No managed instance found for instance ID: ${id}`);
  return found;
}
