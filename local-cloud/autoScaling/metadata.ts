import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen, type Listener } from "../../contract/http/listen";

/** Items of an instance's metadata, read at each request: the text by its path below `/latest/meta-data/`. */
export type MetadataItems = () => Record<string, string | undefined>;

/** Serves an instance's metadata by IMDSv2 ("Use the Instance Metadata Service to access instance metadata"). */
export async function serveMetadata(items: MetadataItems): Promise<Listener> {
  const tokens = new Map<string, number>();
  return listen((message, response) => answer(tokens, items, message, response), 0, "instance metadata");
}

function answer(
  tokens: Map<string, number>,
  items: MetadataItems,
  { method, url = "", headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const send = (status: number, body = "") =>
    void response.writeHead(status, { "content-type": "text/plain" }).end(body);
  if (url === "/latest/api/token") {
    if (method !== "PUT") return send(405);
    if (headers["x-forwarded-for"] !== undefined) return send(403);
    const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 21_600) return send(400);
    const token = randomBytes(40).toString("base64");
    tokens.set(token, Date.now() + seconds * 1_000);
    return send(200, token);
  }
  if ((tokens.get(String(headers["x-aws-ec2-metadata-token"])) ?? 0) <= Date.now()) return send(401);
  if (method !== "GET") return send(405);
  const [, path = ""] = /^\/latest\/meta-data\/(.+)$/.exec(url) ?? [];
  const item = items()[path];
  return item === undefined ? send(404) : send(200, item);
}
