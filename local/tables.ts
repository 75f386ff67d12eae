import type { ServerResponse } from "node:http";
import dynalite from "dynalite";
import type { AwsRequest } from "./awsRequest";
import { replay } from "./replay";

/** DynamoDB, in memory. */
export interface Tables {
  handle: (request: AwsRequest, response: ServerResponse) => void;
}

/** Starts dynalite without a port of its own: the endpoint hands it the requests. */
export function startTables(): Tables {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return {
    handle: (request, response) => void server.emit("request", replay(request), response),
  };
}
