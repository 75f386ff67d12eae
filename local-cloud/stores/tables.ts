import { EventEmitter, once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { packageFolder } from "../program/packageFolder";
import type { AwsRequest } from "../wire/awsRequest";
import { Refused } from "../wire/refusal";
import { replayedHead } from "../wire/replay";
import type { RegionData } from "./dataFolder";
import { mendTables } from "./keptTables";
import { loadDynalite } from "./memoisedParsers";

/** DynamoDB, in memory or in the folder of data. */
export interface Tables {
  handle: (request: AwsRequest, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Starts dynalite without a port of its own: the endpoint passes it the requests. */
export async function startTables(data?: RegionData): Promise<Tables> {
  const folder = packageFolder("dynalite");
  const dynalite = loadDynalite(folder);
  if (data?.wasKilled) await mendTables(data.tables, folder);
  const server = dynalite({ path: data?.tables, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return {
    handle(request, response) {
      checkExpressions(request.input ?? {});
      // Its errors then concern only this call.
      const message = new EventEmitter();
      server.emit("request", Object.assign(message, replayedHead(request)) as unknown as IncomingMessage, response);
      if (request.body.length > 0) message.emit("data", request.body);
      message.emit("end");
    },
    close: () => closed(server),
  };
}

/** Its `close` closes the database only where the server listens. */
async function closed(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await new Promise((resolve) => server.close(resolve));
}

/** "Constraints in Amazon DynamoDB": bytes of an expression. */
const maxExpressionBytes = 4_096;

function checkExpressions(input: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(input)) {
    if (!name.endsWith("Expression") || typeof value !== "string") continue;
    const bytes = Buffer.byteLength(value);
    if (bytes <= maxExpressionBytes) continue;
    const problem = `Expression size has exceeded the maximum allowed size; expression size: ${bytes}`;
    throw new Refused(`Invalid ${name}: ${problem}`, "ValidationException");
  }
}
