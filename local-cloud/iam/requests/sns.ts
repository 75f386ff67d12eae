import { accountId } from "../../account";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** A batch is what each of its entries is ("Actions, resources, and condition keys for Amazon SNS"). */
export function snsAsks({ request, operation, sources }: Call): Ask[] {
  const parameters = new URLSearchParams(request.body.toString());
  const named = parameters.get("Name");
  const resource =
    parameters.get("TopicArn") ??
    parameters.get("TargetArn") ??
    parameters.get("ResourceArn") ??
    parameters.get("SubscriptionArn")?.replace(/:[^:]*$/, "") ??
    (named ? `arn:aws:sns:${sources.region}:${accountId}:${named}` : "*");
  return [{ action: `sns:${operation.replace(/Batch$/, "")}`, resource }];
}
