import { accountId } from "../../account";
import { functionNameOf } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** The action of Invoke is InvokeFunction ("Actions, resources, and condition keys for AWS Lambda"). */
export function lambdaAsks({ request, operation, sources }: Call): Ask[] {
  const name = functionNameOf(request.target);
  if (name === undefined) return [{ action: `lambda:${operation}`, resource: "*" }];
  const qualifier = request.target.query.get("Qualifier")?.[0];
  const arn = name.startsWith("arn:") ? name : `arn:aws:lambda:${sources.region}:${accountId}:function:${name}`;
  return [{ action: "lambda:InvokeFunction", resource: qualifier === undefined ? arn : `${arn}:${qualifier}` }];
}
