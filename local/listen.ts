import { createServer, RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that answers on the loopback interface. */
export interface Listener {
  port: number;
  /** `http://127.0.0.1:PORT` */
  address: string;
  server: Server;
  close(): Promise<void>;
}

/** Opens a port, or any free one for 0. `what` names the server in errors. */
export async function listen(onRequest: RequestListener, port: number, what: string): Promise<Listener> {
  const server = createServer(onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(isTaken ? new Error(`Port ${port} is taken, ${what} can't use it; choose another port`) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  // Longer than clients keep idle connections, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  const actual = (server.address() as AddressInfo).port;
  return {
    port: actual,
    address: `http://127.0.0.1:${actual}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
