import type { Log } from "../log";
import type { LogGroups } from "../logs/logGroups";
import type { SecretStore } from "../secrets/secretStore";
import type { Messaging } from "../stores/messaging";
import { type Denied, Iam } from "./iam";
import type { AskSources } from "./requests/call";
import type { Roles } from "./roles";

/** IAM for a region of a cloud: what is there now decides, and the log has each denial once. */
export function createIam(cloud: {
  region: string;
  /** Those of the whole account. */
  roles: Roles;
  groupOf: AskSources["groupOf"];
  messaging: Messaging;
  logs: LogGroups;
  secrets: SecretStore;
  log: Log;
}): Iam {
  const { region, roles, groupOf, messaging, logs, secrets, log } = cloud;
  const sources = {
    region,
    groupOf,
    hasObject: messaging.hasObject,
    logGroupTagsOf: (name: string) => logs.groups.get(name)?.tags,
    secretArnOf: (id: string) => secrets.findSecret(id)?.arn,
    queuePolicy: (arn: string) => messaging.queue(arn)?.attributes.Policy,
    topicPolicy: messaging.topicPolicy,
    onDenied: logOnce(log),
  };
  return new Iam(sources, roles);
}

/** Callers retry, so log each denial once. */
function logOnce(log: Log): (denied: Denied) => void {
  const said = new Set<string>();
  return ({ principal, action, resource }) => {
    const line = `${principal} is not authorized to perform: ${action} on resource: ${resource}`;
    if (!said.has(line)) log({ source: "cloud", name: "iam", stream: "stderr", line });
    said.add(line);
  };
}
