import { accountId } from "../../account";
import { scheduleNameOf } from "../../awsRequest";
import type { Ask } from "../evaluate";
import type { Call } from ".";

/** Whoever makes a schedule hands it a role ("Identity-based policies in EventBridge Scheduler"). */
export function schedulerAsks({ request, operation, sources }: Call): Ask[] {
  const name = scheduleNameOf(request.message);
  const action = `scheduler:${operation}`;
  if (name === undefined) return [{ action, resource: "*" }];
  const { searchParams } = new URL(request.message.url ?? "/", "http://localhost");
  const input = JSON.parse(request.body.toString() || "{}") as { GroupName?: string; Target?: { RoleArn?: string } };
  const group = input.GroupName ?? searchParams.get("groupName") ?? "default";
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
