import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { AwsRequest } from "../../wire/awsRequest";
import { Refused } from "../../wire/refusal";
import type { Service } from "../../wire/service";
import { xmlOf } from "../../wire/xml";
import type { Groups } from "../groups";
import { changeCalls } from "./change";
import { describeCalls } from "./describe";
import { type Call, Input } from "./input";
import { lifecycleCalls } from "./lifecycle";

const calls: Record<string, Call> = { ...describeCalls, ...changeCalls, ...lifecycleCalls };
const namespace = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/** The Auto Scaling calls of scaler and worker, on AWS's wire protocol ("Amazon EC2 Auto Scaling API Reference"). */
export function createAutoScaling(groups: Groups): Service {
  return {
    protocol: "query",
    handle({ action, body }: AwsRequest, response: ServerResponse): void {
      const call = Object.hasOwn(calls, action) ? calls[action] : undefined;
      if (!call) throw new Refused(`Could not find operation ${action} for version 2011-01-01`, "InvalidAction");
      const result = xmlOf({ [`${action}Result`]: call(groups, new Input(body.toString())) });
      const metadata = xmlOf({ ResponseMetadata: { RequestId: randomUUID() } });
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(`<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`);
    },
  };
}
