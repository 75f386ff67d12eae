import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { AwsRequest } from "./awsRequest";

/** The request once more, for a server that wants to read the body itself. */
export function replay({ message, body }: AwsRequest, url = message.url): IncomingMessage {
  const { method, headers, rawHeaders, httpVersion, socket } = message;
  return Object.assign(Readable.from(body.length > 0 ? [body] : [], { objectMode: false }), {
    method,
    url,
    headers,
    rawHeaders,
    httpVersion,
    socket,
  }) as unknown as IncomingMessage;
}
