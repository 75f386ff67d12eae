import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { AwsRequest, refuse } from "./awsRequest";
import type { Service } from "./endpoint";
import type { Group } from "./group";
import type { Groups } from "./groups";
import type { Instance } from "./instance";

/** The Auto Scaling calls that a worker makes, on AWS's wire protocol ("Amazon EC2 Auto Scaling API Reference"). */
export function createAutoScaling(groups: Groups): Service {
  return {
    protocol: "query",
    handle(request: AwsRequest, response: ServerResponse): void {
      const input = new URLSearchParams(request.body.toString());
      const action = input.get("Action") ?? "";
      const call = calls[action];
      try {
        if (!call) throw new Refused(`Could not find operation ${action}`, "InvalidAction");
        const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
        const result = `<${action}Result>${call(groups, input)}</${action}Result>`;
        const namespace = "http://autoscaling.amazonaws.com/doc/2011-01-01/";
        response.writeHead(200, { "content-type": "text/xml" });
        response.end(`<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refuse(response, "query", { status: 400, code: error.code, message: escapeXml(error.message) });
      }
    },
  };
}

class Refused extends Error {
  constructor(
    message: string,
    readonly code = "ValidationError",
  ) {
    super(message);
  }
}

type Call = (groups: Groups, input: URLSearchParams) => string;

const calls: Record<string, Call> = {
  CompleteLifecycleAction(groups, input) {
    const { instance, group, hook } = waiting(groups, input);
    if (group.hookOf(instance)?.name !== hook) throw noActiveAction(instance.id);
    group.complete(instance, input.get("LifecycleActionResult") === "ABANDON");
    return "";
  },
  RecordLifecycleActionHeartbeat(groups, input) {
    const { instance, group, hook } = waiting(groups, input);
    if (group.hookOf(instance)?.name !== hook) throw noActiveAction(instance.id);
    return "";
  },
  TerminateInstanceInAutoScalingGroup(groups, input) {
    const { instance, group } = find(groups, input.get("InstanceId") ?? "");
    const lowersDesired = input.get("ShouldDecrementDesiredCapacity") === "true";
    const { minSize } = group.settings;
    if (lowersDesired && !instance.isTerminating && group.desiredCapacity <= minSize) {
      throw new Refused(
        `Currently, desiredSize equals minSize (${minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
      );
    }
    if (!instance.isTerminating) group.terminate(instance, { lowersDesired });
    const description = `Terminating EC2 instance: ${instance.id}`;
    return `<Activity><ActivityId>${randomUUID()}</ActivityId><AutoScalingGroupName>${group.name}</AutoScalingGroupName><Description>${description}</Description><StatusCode>InProgress</StatusCode><Progress>0</Progress><StartTime>${new Date().toISOString()}</StartTime></Activity>`;
  },
  DescribeAutoScalingInstances(groups, input) {
    const wanted = [...input].filter(([name]) => name.startsWith("InstanceIds.member.")).map(([, id]) => id);
    const members = groups
      .list()
      .flatMap((group) => group.instances.map((instance) => ({ group, instance })))
      .filter(({ instance }) => wanted.length === 0 || wanted.includes(instance.id))
      .map(
        ({ group, instance }) =>
          `<member><InstanceId>${instance.id}</InstanceId><AutoScalingGroupName>${group.name}</AutoScalingGroupName><LifecycleState>${instance.lifecycleState}</LifecycleState><HealthStatus>HEALTHY</HealthStatus><ProtectedFromScaleIn>true</ProtectedFromScaleIn></member>`,
      );
    return `<AutoScalingInstances>${members.join("")}</AutoScalingInstances>`;
  },
};

function waiting(groups: Groups, input: URLSearchParams): { group: Group; instance: Instance; hook: string } {
  const id = input.get("InstanceId") ?? "";
  const found = groups.findInstance(id);
  if (!found || found.group.name !== input.get("AutoScalingGroupName")) throw noActiveAction(id);
  return { ...found, hook: input.get("LifecycleHookName") ?? "" };
}

function find(groups: Groups, id: string): { group: Group; instance: Instance } {
  const found = groups.findInstance(id);
  if (!found) throw new Refused(`Instance Id not found - No managed instance found for instance ID: ${id}`);
  return found;
}

function noActiveAction(id: string): Refused {
  return new Refused(`No active Lifecycle Action found with instance ID ${id}`);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? character);
}
