import { accountId } from "../../account";
import { inputOf } from "../../jsonInput";
import { scheduleNameOf } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** The creator of a schedule passes it a role ("Identity-based policies in EventBridge Scheduler"). */
export function schedulerAsks({ request, operation, sources }: Call): Ask[] {
  const name = scheduleNameOf(request.target);
  const action = `scheduler:${operation}`;
  if (name === undefined) return [{ action, resource: "*" }];
  const input = inputOf(request.body) as { GroupName?: string; Target?: { RoleArn?: string } };
  const group = input.GroupName ?? request.target.query.get("groupName")?.[0] ?? "default";
  const asks: Ask[] = [
    { action, resource: `arn:aws:scheduler:${sources.region}:${accountId}:schedule/${group}/${name}` },
  ];
  const roleArn = input.Target?.RoleArn;
  if (roleArn !== undefined) {
    const context = { "iam:passedtoservice": "scheduler.amazonaws.com" };
    asks.push({ action: "iam:PassRole", resource: roleArn, context });
  }
  return asks;
}
