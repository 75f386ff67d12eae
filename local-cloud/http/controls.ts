import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { jsonObjectOf } from "../../contract/check";
import {
  launchFaultKinds,
  type LocalControls,
  type LocalInstance,
  type LocalQueue,
} from "../../contract/http/localControls";
import type { Groups } from "../autoScaling/groups";
import type { StoredQueue } from "../stores/fauxqs";
import type { Messaging } from "../stores/messaging";
import { gatewayAnswer, type HttpAnswer, jsonAnswer } from "./httpAnswer";

/** The parts of the cloud that the controls read and change. */
export interface ControlledCloud {
  groups: Groups;
  messaging: Pick<Messaging, "queues">;
  /** Token that callers must present. */
  token: string;
}

const shownMessages = 10;
const shownCharacters = 2_000;

interface ControlRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The local cloud's own controls, at `/_local/…` of every HTTP API: they never reach a function. */
export function answerControl(cloud: ControlledCloud, request: ControlRequest): HttpAnswer {
  const { groups, messaging, token } = cloud;
  const { method, path, headers, body } = request;
  if (!isAuthorised(headers.authorization, token)) {
    return gatewayAnswer(401, "Expected the token of this run as Authorization: Bearer TOKEN");
  }
  if (method === "GET" && path === "/_local/instances") return stateAnswer({ instances: instancesOf(groups) });
  if (method === "GET" && path === "/_local/faults") return stateAnswer({ faults: groups.faults.list() });
  if (method === "GET" && path === "/_local/queues")
    return stateAnswer({ queues: messaging.queues().map(describeQueue) });
  if (path === "/_local/faults" && method === "DELETE") {
    groups.faults.clear();
    return jsonAnswer(200, {});
  }
  const act = method === "POST" && Object.hasOwn(acts, path) ? acts[path] : undefined;
  if (!act) return gatewayAnswer(404, "There is no such local control");
  // A browser's page may send this type across origins only with permission, which it never has here.
  if (!/^application\/json(\s*;|\s*$)/i.test(headers["content-type"] ?? "")) {
    return gatewayAnswer(415, "Expected content-type application/json");
  }
  return act(groups, body);
}

const acts: Record<string, (groups: Groups, body: Buffer) => HttpAnswer> = {
  "/_local/interrupt": interrupt,
  "/_local/hang": hang,
  "/_local/faults": addFault,
};

function isAuthorised(header: string | undefined, token: string): boolean {
  const [given, expected] = [Buffer.from(header ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function stateAnswer(state: LocalControls[keyof LocalControls]): HttpAnswer {
  return jsonAnswer(200, state);
}

function describeQueue(queue: StoredQueue): LocalQueue {
  queue.processTimers();
  const { ready, delayed, inflight } = queue.inspectMessages();
  const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)];
  const oldest = all.sort((one, other) => one.sentTimestamp - other.sentTimestamp).slice(0, shownMessages);
  return {
    ...{ name: queue.name, ready: ready.length, delayed: delayed.length, inFlight: inflight.length },
    messages: oldest.map(({ messageId, body, sentTimestamp, approximateReceiveCount }) => ({
      ...{ messageId, sentAt: new Date(sentTimestamp).toISOString(), receives: approximateReceiveCount },
      body: body.slice(0, shownCharacters),
    })),
  };
}

function instancesOf(groups: Groups): LocalInstance[] {
  return groups.list().flatMap((group) =>
    group.instances.map((instance) => ({
      instanceId: instance.id,
      group: group.name,
      type: instance.jobType,
      instanceType: instance.placement.instanceType,
      isSpot: instance.placement.isSpot,
      lifecycleState: instance.lifecycleState,
      health: instance.isHealthy ? "Healthy" : "Unhealthy",
      templateVersion: instance.template.version,
      launchedAt: new Date(instance.launchedAt).toISOString(),
      pid: instance.pid,
    })),
  );
}

/**
 * `{"instanceId", "kind"?}`: a spot interruption notice, or with kind `rebalance` only the rebalance recommendation.
 */
function interrupt(groups: Groups, body: Buffer): HttpAnswer {
  const { kind = "spot", ...request } = parse(body);
  if (kind !== "spot" && kind !== "rebalance") return gatewayAnswer(400, 'Expected kind as "spot" or "rebalance"');
  return onInstance(groups, request.instanceId, ({ group, instance }) => {
    group.interrupt(instance, kind);
    return jsonAnswer(202, { instanceId: instance.id, kind });
  });
}

/** `{"instanceId"}`: suspends its worker without ending it, like a machine that hangs. */
function hang(groups: Groups, body: Buffer): HttpAnswer {
  return onInstance(groups, parse(body).instanceId, ({ instance }) => {
    instance.hang();
    return jsonAnswer(202, { instanceId: instance.id });
  });
}

function onInstance(
  groups: Groups,
  id: unknown,
  action: (found: NonNullable<ReturnType<Groups["findInstance"]>>) => HttpAnswer,
): HttpAnswer {
  if (typeof id !== "string") return gatewayAnswer(400, 'Expected {"instanceId": "i-…"}');
  const found = groups.findInstance(id);
  return found ? action(found) : gatewayAnswer(404, `There is no instance ${id}`);
}

/** `{"kind", "group"?, "times"?}`: makes launches fail from now on. `DELETE` ends all faults. */
function addFault(groups: Groups, body: Buffer): HttpAnswer {
  const { kind: word, group, times } = parse(body);
  const kind = launchFaultKinds.find((each) => each === word);
  if (!kind) return gatewayAnswer(400, `Expected kind as one of ${launchFaultKinds.join(", ")}`);
  if (group !== undefined && typeof group !== "string") return gatewayAnswer(400, "Expected group as a name");
  if (group !== undefined && !groups.find(group)) return gatewayAnswer(404, `There is no group ${group}`);
  if (times !== undefined && (typeof times !== "number" || !Number.isInteger(times) || times < 1)) {
    return gatewayAnswer(400, "Expected times as a whole number from 1 up");
  }
  groups.faults.add({ kind, group, times });
  return jsonAnswer(202, { kind, group, times });
}

function parse(body: Buffer): Record<string, unknown> {
  return jsonObjectOf(body.toString()) ?? {};
}
