import { createServer, Server } from "node:http";
import { Clock } from "./clock";

/** A queue may throttle or be away for a while without the worker being to blame. */
const failingMilliseconds = 120_000;

export interface HealthSource {
  readonly isDraining: boolean;
  readonly busySlots: number;
  readonly vitals: { readonly failingSince: number | undefined };
}

/** Why the worker should get no more work, or nothing where it is well. */
export function illness({ isDraining, vitals }: HealthSource, now: number): string | undefined {
  if (isDraining) return "draining";
  const isFailing = vitals.failingSince !== undefined && now - vitals.failingSince >= failingMilliseconds;
  return isFailing ? `receives have failed since ${new Date(vitals.failingSince).toISOString()}` : undefined;
}

/** Answers `GET /healthz` on the loopback interface: 200 while polling works, else 503 with the reason. */
export function serveHealth(port: number, source: HealthSource, clock: Clock, onError: (error: Error) => void): Server {
  const server = createServer((message, response) => {
    if (message.url !== "/healthz") return void response.writeHead(404).end();
    const reason = illness(source, clock.now());
    const body = JSON.stringify({
      status: reason === undefined ? "ok" : "unwell",
      reason,
      busySlots: source.busySlots,
    });
    response.writeHead(reason === undefined ? 200 : 503, { "content-type": "application/json" }).end(body);
  });
  server.on("error", onError);
  server.listen(port, "127.0.0.1");
  // Being asked is no reason to stay alive.
  return server.unref();
}
