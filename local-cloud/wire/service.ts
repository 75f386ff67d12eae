import type { ServerResponse } from "node:http";
import type { AwsRequest, Protocol } from "./awsRequest";

/** A service behind the endpoint. */
export interface Service {
  protocol: Protocol;
  handle(request: AwsRequest, response: ServerResponse): void | Promise<void>;
}
