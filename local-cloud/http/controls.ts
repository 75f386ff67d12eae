import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { jsonObjectOf } from "../../contract/check";
import {
  launchFaultKinds,
  type LocalControls,
  type LocalInstance,
  type LocalQueue,
  outageKinds,
} from "../../contract/http/localControls";
import type { Groups } from "../autoScaling/groups";
import type { Alarms } from "../cloudWatch/alarms";
import type { StoredQueue } from "../stores/fauxqs";
import type { Messaging } from "../stores/messaging";
import type { RegionOutage } from "../wire/regionOutage";
import { gatewayAnswer, type HttpAnswer, jsonAnswer } from "./httpAnswer";

/** The parts of the cloud that the controls read and change. */
export interface ControlledCloud {
  groups: Groups;
  messaging: Pick<Messaging, "queues">;
  alarms: Pick<Alarms, "list" | "measure">;
  /** Token that callers must present. */
  token: string;
  /** The regions in use. */
  regions: () => { region: string; outage: RegionOutage; services: ReadonlyMap<string, unknown> }[];
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
  const { groups, messaging, alarms, token } = cloud;
  const { method, path, headers, body } = request;
  if (!isAuthorised(headers.authorization, token)) {
    return gatewayAnswer(401, "Expected the token of this run as Authorization: Bearer TOKEN");
  }
  if (method === "GET" && path === "/_local/instances") return stateAnswer({ instances: instancesOf(groups) });
  if (method === "GET" && path === "/_local/faults") return stateAnswer({ faults: groups.faults.list() });
  if (method === "GET" && path === "/_local/queues")
    return stateAnswer({ queues: messaging.queues().map(describeQueue) });
  if (method === "GET" && path === "/_local/regions")
    return stateAnswer({ regions: cloud.regions().map(({ region, outage }) => ({ region, outage: outage.now })) });
  if (method === "GET" && path === "/_local/alarms") return stateAnswer({ alarms: alarms.list() });
  if (path === "/_local/faults" && method === "DELETE") {
    groups.faults.clear();
    return jsonAnswer(200, {});
  }
  const region = regionIn(path);
  if (region !== undefined && method === "DELETE") {
    return onRegion(cloud, region, ({ outage }) => {
      outage.end();
      return jsonAnswer(200, {});
    });
  }
  const act = method === "POST" ? actAt(path, cloud) : undefined;
  if (!act) return gatewayAnswer(404, "There is no such local control");
  // A browser's page may send this type across origins only with permission, which it never has here.
  if (!/^application\/json(\s*;|\s*$)/i.test(headers["content-type"] ?? "")) {
    return gatewayAnswer(415, "Expected content-type application/json");
  }
  return act(body);
}

const acts: Record<string, (groups: Groups, body: Buffer) => HttpAnswer> = {
  "/_local/interrupt": interrupt,
  "/_local/hang": hang,
  "/_local/faults": addFault,
};

function actAt(path: string, cloud: ControlledCloud): ((body: Buffer) => HttpAnswer) | undefined {
  const region = regionIn(path);
  if (region !== undefined) return (body) => beginOutage(cloud, region, body);
  const act = Object.hasOwn(acts, path) ? acts[path] : undefined;
  return act && ((body) => act(cloud.groups, body));
}

/** The region in the path of its outage. */
function regionIn(path: string): string | undefined {
  return /^\/_local\/regions\/([^/]+)\/outage$/.exec(path)?.[1];
}

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

/** `{"kind", "services"?}`: the region refuses calls, or leaves them unanswered, until `DELETE`. */
function beginOutage(cloud: ControlledCloud, name: string, body: Buffer): HttpAnswer {
  const { kind: word, services } = parse(body);
  const kind = outageKinds.find((each) => each === word);
  if (!kind) return gatewayAnswer(400, `Expected kind as one of ${outageKinds.join(", ")}`);
  return onRegion(cloud, name, (region) => {
    const known = [...region.services.keys(), "events", "execute-api"];
    if (services !== undefined && !isListOf(services, known)) {
      return gatewayAnswer(400, `Expected services as some of ${known.join(", ")}`);
    }
    region.outage.begin({ kind, services });
    return jsonAnswer(202, { kind, services });
  });
}

function isListOf(value: unknown, known: string[]): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => known.includes(each as string));
}

function onRegion(
  { regions }: ControlledCloud,
  name: string,
  action: (region: ReturnType<ControlledCloud["regions"]>[number]) => HttpAnswer,
): HttpAnswer {
  const all = regions();
  const found = all.find(({ region }) => region === name);
  const names = all.map(({ region }) => region).join(", ");
  return found ? action(found) : gatewayAnswer(404, `Expected a region in use, ${names}, got ${name}`);
}

function parse(body: Buffer): Record<string, unknown> {
  return jsonObjectOf(body.toString()) ?? {};
}
