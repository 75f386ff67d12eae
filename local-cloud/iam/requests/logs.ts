import { accountId } from "../../account";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** A search concerns a log group with its tags ("Actions, resources, and condition keys for CloudWatch Logs"). */
export function logsAsks({ request, operation, sources }: Call): Ask[] {
  const name = String(request.input?.logGroupName);
  const tags = Object.entries(sources.logGroupTagsOf(name) ?? {});
  const resource = `arn:aws:logs:${sources.region}:${accountId}:log-group:${name}:*`;
  const context = Object.fromEntries(tags.map(([key, value]) => [`aws:resourcetag/${key.toLowerCase()}`, value]));
  return [{ action: `logs:${operation}`, resource, context }];
}
