import { createServer, Server } from "node:http";
import { Clock } from "./clock";

/** A queue may throttle or be away for a while without the worker being to blame. */
const failingMilliseconds = 120_000;

export interface HealthSource {
  readonly isDraining: boolean;
  readonly busySlots: number;
  readonly vitals: { readonly failingSince: number | undefined };
}

/** What `GET /healthz` says. */
export interface Health {
  /** `unhealthy`: replace it. `draining`: it takes no more jobs and ends by itself, so leave it alone. */
  state: "working" | "draining" | "unhealthy";
  /** Why it is unhealthy, or will be once its jobs have ended. */
  reason?: string;
  busySlots: number;
}

/**
 * How the worker is. One with jobs at work is never unhealthy: they get on without the queue, end by their timeout at the
 * latest, and would be lost with it.
 */
export function healthOf({ isDraining, busySlots, vitals }: HealthSource, now: number): Health {
  if (isDraining) return { state: "draining", busySlots };
  const isFailing = vitals.failingSince !== undefined && now - vitals.failingSince >= failingMilliseconds;
  if (!isFailing) return { state: "working", busySlots };
  const reason = `receives have failed since ${new Date(vitals.failingSince).toISOString()}`;
  return { state: busySlots > 0 ? "working" : "unhealthy", reason, busySlots };
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
