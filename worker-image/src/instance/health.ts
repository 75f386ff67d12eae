import { createServer, Server } from "node:http";
import { Clock } from "../support/clock";
import { DiskRoom } from "./diskRoom";
import { Services } from "../services/services";

/** A queue may throttle or be away for a while without the worker being to blame, and a disk be full. */
const failingMilliseconds = 120_000;

export interface HealthSource {
  readonly isDraining: boolean;
  readonly busySlots: number;
  /** Whether one job has the worker to itself. @default - none has */
  readonly isAlone?: boolean;
  /** Whether a handler can't be stopped, so that the worker ends. @default - it can */
  readonly isWedged?: boolean;
  readonly vitals: { readonly failingSince: number | undefined; readonly idleSince?: number | undefined };
  /** The disk that jobs write to. @default - it has room */
  readonly disk?: Pick<DiskRoom, "fullSince" | "trouble"> | undefined;
  /** The AWS services that it depends on. @default - nothing is known of them */
  readonly services?: Pick<Services, "trouble" | "hasAnsweredSince"> | undefined;
}

/** What `GET /healthz` says. */
export interface Health {
  /** `unhealthy`: replace it. `draining`: it takes no more jobs and ends by itself, so leave it alone. */
  state: "working" | "draining" | "unhealthy";
  /** What is wrong, service by service, whether or not another instance would fare better. */
  reason?: string;
  busySlots: number;
}

/**
 * How the worker is. One with jobs at work is never unhealthy: they get on without the queue, end by their timeout at the
 * latest, and would be lost with it. Nor is one that any service answers, be it with a refusal: what is wrong is the
 * service, or a right, and the next instance would fare no better. A disk that stays full though no job runs is this
 * instance's own trouble.
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

/** Why the worker should be replaced; nothing where it is well. */
export function illness(source: HealthSource, now: number): string | undefined {
  const { state, reason } = healthOf(source, now);
  return state === "unhealthy" ? reason : undefined;
}

/** Answers `GET /healthz` on the loopback interface: 503 while the worker is unhealthy, else 200, with its {@link Health}. */
export function serveHealth(port: number, source: HealthSource, clock: Clock, onError: (error: Error) => void): Server {
  const server = createServer((message, response) => {
    if (message.url !== "/healthz") return void response.writeHead(404).end();
    const health = healthOf(source, clock.now());
    response.writeHead(health.state === "unhealthy" ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(health));
  });
  server.on("error", onError);
  server.listen(port, "127.0.0.1");
  // Being asked is no reason to stay alive.
  return server.unref();
}
