import { isObject } from "../contract/check";
import type { Groups } from "./groups";
import { gatewayAnswer, HttpAnswer } from "./httpAnswer";

/** The local cloud's own controls, at `/_local/…` of every HTTP API: they never reach a function. */
export function answerControl(groups: Groups, method: string, path: string, body: Buffer): HttpAnswer {
  if (path === "/_local/instances" && method === "GET") return json(200, { instances: instancesOf(groups) });
  if (path === "/_local/interrupt" && method === "POST") return interrupt(groups, body);
  return gatewayAnswer(404, "There is no such local control");
}

function instancesOf(groups: Groups) {
  return groups.list().flatMap((group) =>
    group.instances.map(({ id, lifecycleState, launchedAt, pid }) => ({
      instanceId: id,
      group: group.name,
      lifecycleState,
      launchedAt: new Date(launchedAt).toISOString(),
      pid,
    })),
  );
}

/** `{"instanceId", "kind"?}`: a spot interruption notice, or with kind `rebalance` only the recommendation to leave. */
function interrupt(groups: Groups, body: Buffer): HttpAnswer {
  const request = parse(body);
  if (!isObject(request) || typeof request.instanceId !== "string") {
    return gatewayAnswer(400, 'Expected {"instanceId": "i-…"}');
  }
  const { instanceId, kind = "spot" } = request;
  if (kind !== "spot" && kind !== "rebalance") return gatewayAnswer(400, 'Expected kind as "spot" or "rebalance"');
  const found = groups.findInstance(instanceId);
  if (!found) return gatewayAnswer(404, `There is no instance ${instanceId}`);
  found.group.interrupt(found.instance, kind);
  return json(202, { instanceId, kind });
}

function json(status: number, value: unknown): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    cookies: [],
    body: Buffer.from(JSON.stringify(value)),
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
