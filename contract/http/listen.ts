import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type LetsIn, strangeness } from "./strangers";

/** A server that answers on the loopback interface. */
export interface Listener {
  port: number;
  /** `http://127.0.0.1:PORT` */
  address: string;
  server: Server;
  close(): Promise<void>;
}

/**
 * Opens a port, or any free one for 0. `what` names the server in errors. Pages in a browser reach this machine too:
 * their requests are answered with 403, and never reach `onRequest`, unless the program admits their origin.
 */
export async function listen(
  onRequest: RequestListener,
  port: number,
  what: string,
  letsIn?: LetsIn,
): Promise<Listener> {
  const server = createServer((message, response) => {
    const problem = strangeness(message, (server.address() as AddressInfo | null)?.port ?? port, letsIn);
    if (problem === undefined) onRequest(message, response);
    else refuse(message, response, problem);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(isTaken ? new Error(`Port ${port} is taken, ${what} can't use it; choose another port`) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  // Longer than clients keep idle connections, so that none is closed during a request.
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

/** The body is drained unread: a client that is cut off would see no answer. */
function refuse(message: IncomingMessage, response: ServerResponse, problem: string): void {
  message.resume();
  response.writeHead(403, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ message: problem }));
}
