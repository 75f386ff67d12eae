import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { AwsRequest } from "./awsRequest";

/** The refused entry of a batch, whose other entries are unaffected. */
export interface FailedEntry {
  Id: string;
  SenderFault: true;
  Code: string;
  Message: string;
}

/** A copy of a request, for a server that reads the body itself. */
export type Replayed = IncomingMessage & {
  service: string;
  /** Entries removed from a batch, for its answer. */
  failed?: FailedEntry[];
};

/** The request as it came, less the endpoint's own matters: its origin, and its chunks. */
export function replay(request: AwsRequest, url = request.message.url): Replayed {
  const { body } = request;
  const message = Readable.from(body.length > 0 ? [body] : [], { objectMode: false });
  return Object.assign(message, replayedHead(request), { url }) as unknown as Replayed;
}

/** The request without the body. */
export function replayedHead({ message, body, service }: AwsRequest) {
  const { method, url, rawHeaders, httpVersion, socket } = message;
  const headers = { ...message.headers };
  delete headers.origin;
  const encodings = headers["content-encoding"]?.split(/,\s*/).filter((name) => name !== "aws-chunked") ?? [];
  if (encodings.length > 0) headers["content-encoding"] = encodings.join(", ");
  else delete headers["content-encoding"];
  if (headers["content-length"] !== undefined) headers["content-length"] = String(body.length);
  return { method, url, headers, rawHeaders, httpVersion, socket, service };
}
