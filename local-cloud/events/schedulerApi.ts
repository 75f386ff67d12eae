import type { ServerResponse } from "node:http";
import { inputOf } from "../jsonInput";
import { type AwsRequest, scheduleNameOf } from "../wire/awsRequest";
import { Refused } from "../wire/refusal";
import type { Service } from "../wire/service";
import type { ScheduleInput, Scheduler } from "./scheduler";

/** CreateSchedule, GetSchedule and DeleteSchedule, on AWS's wire protocol ("EventBridge Scheduler API Reference"). */
export function createSchedulerApi(scheduler: Scheduler): Service {
  return {
    protocol: "rest-json",
    handle(request: AwsRequest, response: ServerResponse): void {
      const answer = JSON.stringify(answerOf(scheduler, request));
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    },
  };
}

function answerOf(scheduler: Scheduler, { message, target, body }: AwsRequest): unknown {
  const name = scheduleNameOf(target);
  if (name === undefined) throw new Refused("The local cloud has schedules alone", "NotImplemented", 501);
  const group = target.query.get("groupName")?.[0] ?? "default";
  switch (message.method) {
    case "POST": {
      const schedule = inputOf(body) as unknown as Omit<ScheduleInput, "Name">;
      const input = { ...schedule, Name: name, GroupName: schedule.GroupName ?? "default" };
      return { ScheduleArn: scheduler.createKept(input) };
    }
    case "GET":
      return scheduler.get(group, name);
    case "DELETE":
      scheduler.delete(group, name);
      return {};
    default:
      throw new Refused(`The local cloud doesn't know ${message.method} of schedules`, "NotImplemented", 501);
  }
}
