import { createServer, type Server } from "node:http";
import { type Services } from "../services/services";
import { type Clock } from "../support/clock";
import { type DiskRoom } from "./diskRoom";

/** Time that a queue may throttle or be away, or a disk be full, before the worker counts as unhealthy. */
const failingMilliseconds = 120_000;

export interface HealthSource {
  readonly isDraining: boolean;
  readonly busySlots: number;
  /** True while one job has the worker to itself. @default - false */
  readonly isAlone?: boolean;
  /** True if a handler can't be stopped, so that the worker ends. @default - false */
  readonly isWedged?: boolean;
  readonly vitals: { readonly failingSince: number | undefined; readonly idleSince?: number | undefined };
  /** The disk that jobs write to. @default - it has room */
  readonly disk?: Pick<DiskRoom, "fullSince" | "trouble"> | undefined;
  /** The AWS services that it depends on. @default - nothing is known of them */
  readonly services?: Pick<Services, "trouble" | "hasAnsweredSince"> | undefined;
}

/** Answer of `GET /healthz`. */
export interface Health {
  /** `unhealthy`: replace it. `draining`: it takes no more jobs and ends by itself, so leave it alone. */
  state: "working" | "draining" | "unhealthy";
  /** The problems, service by service, even if another instance would have them too. */
  reason?: string;
  busySlots: number;
}

/**
 * Health of the worker. One with running jobs is never unhealthy: they go on without the queue, end by their timeout
 * at the latest, and would be lost with it. Nor is one that any service answers, even with a refusal: the cause is
 * then the service, or a permission, and the next instance would fare no better. A disk that stays full without
 * running jobs is this instance's own problem.
 */
export function healthOf(source: HealthSource, now: number): Health {
  const { isDraining, busySlots, vitals, services } = source;
  const isFailing = vitals.failingSince !== undefined && now - vitals.failingSince >= failingMilliseconds;
  const since = isFailing ? `receives have failed since ${new Date(vitals.failingSince).toISOString()}` : undefined;
  const wedged = source.isWedged ? "a handler can't be killed: the worker ends, to be started again" : undefined;
  const reason = wedged ?? services?.trouble() ?? source.disk?.trouble() ?? since;
  const isCutOff = isFailing && !services?.hasAnsweredSince(now - failingMilliseconds);
  const isUnhealthy = (isCutOff || isFullForLong(source, now)) && busySlots === 0 && !isDraining;
  const state = isDraining ? "draining" : isUnhealthy ? "unhealthy" : "working";
  return { state, ...(reason !== undefined && { reason }), busySlots };
}

function isFullForLong({ disk, vitals }: HealthSource, now: number): boolean {
  if (disk?.fullSince === undefined || vitals.idleSince === undefined) return false;
  return now - Math.max(disk.fullSince, vitals.idleSince) >= failingMilliseconds;
}

/** Reason to replace the worker; undefined while it is healthy. */
export function unhealthyReason(source: HealthSource, now: number): string | undefined {
  const { state, reason } = healthOf(source, now);
  return state === "unhealthy" ? reason : undefined;
}

/**
 * Answers `GET /healthz` on the loopback interface: 503 while the worker is unhealthy, else 200, with its
 * {@link Health}.
 */
export function serveHealth(port: number, source: HealthSource, clock: Clock, onError: (error: Error) => void): Server {
  const server = createServer((message, response) => {
    if (message.url !== "/healthz") return void response.writeHead(404).end();
    const health = healthOf(source, clock.now());
    response.writeHead(health.state === "unhealthy" ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(health));
  });
  server.on("error", onError);
  server.listen(port, "127.0.0.1");
  // This server alone doesn't keep the process alive.
  return server.unref();
}
