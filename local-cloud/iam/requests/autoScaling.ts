import type { Context } from "../condition";
import type { Ask } from "../evaluate";
import type { Call, KnownGroup } from "./call";

/**
 * Describe actions have no resources; the others concern a group ("Actions, resources, and condition keys for Amazon
 * EC2 Auto Scaling").
 */
export function autoScalingAsks({ request, operation, sources }: Call): Ask[] {
  const action = `autoscaling:${operation}`;
  if (operation.startsWith("Describe")) return [{ action, resource: "*" }];
  const parameters = new URLSearchParams(request.body.toString());
  const found = sources.groupOf({
    group: parameters.get("AutoScalingGroupName") ?? undefined,
    instance: parameters.get("InstanceId") ?? undefined,
  });
  // The service itself reports a missing group.
  return found ? [{ action, resource: found.arn, context: tagsOf(found) }] : [];
}

function tagsOf({ tags }: KnownGroup): Context {
  return Object.fromEntries(tags.map(({ key, value }) => [`autoscaling:resourcetag/${key.toLowerCase()}`, value]));
}
