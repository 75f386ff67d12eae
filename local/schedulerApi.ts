import type { ServerResponse } from "node:http";
import { AwsRequest, refuse, scheduleNameOf } from "./awsRequest";
import type { Service } from "./endpoint";
import { ScheduleInput, Scheduler, SchedulerRefusal } from "./scheduler";

/** CreateSchedule, GetSchedule and DeleteSchedule, on AWS's wire protocol ("EventBridge Scheduler API Reference"). */
export function createSchedulerApi(scheduler: Scheduler): Service {
  return {
    protocol: "rest-json",
    handle(request: AwsRequest, response: ServerResponse): void {
      try {
        const answer = JSON.stringify(answerOf(scheduler, request));
        response.writeHead(200, { "content-type": "application/json" }).end(answer);
      } catch (error) {
        if (!(error instanceof SchedulerRefusal)) throw error;
        refuse(response, "rest-json", error);
      }
    },
  };
}

function answerOf(scheduler: Scheduler, { message, body }: AwsRequest): unknown {
  const name = scheduleNameOf(message);
  if (name === undefined) throw new SchedulerRefusal(501, "NotImplemented", "The local cloud has schedules alone");
  const group = new URL(message.url ?? "/", "http://localhost").searchParams.get("groupName") ?? "default";
  switch (message.method) {
    case "POST": {
      const input = JSON.parse(body.toString()) as Omit<ScheduleInput, "Name">;
      return { ScheduleArn: scheduler.create({ ...input, Name: name, GroupName: input.GroupName ?? "default" }) };
    }
    case "GET":
      return scheduler.get(group, name);
    case "DELETE":
      scheduler.delete(group, name);
      return {};
    default:
      throw new SchedulerRefusal(501, "NotImplemented", `The local cloud doesn't know ${message.method} of schedules`);
  }
}
