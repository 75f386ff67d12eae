import type { FetchHttpHandler } from "@smithy/fetch-http-handler";
import type { Dispatcher } from "undici";
import { isOnThisMachine } from "./origin";

const variables = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

/** Agents by the variables' values. */
const agents = new Map<string, Promise<Dispatcher>>();

/**
 * Dispatcher for the proxy that HTTPS_PROXY or HTTP_PROXY names, unless NO_PROXY excepts the host. Undefined without a
 * proxy, and for this machine.
 */
export async function proxyOf(url?: URL): Promise<Dispatcher | undefined> {
  const proxies = variables.map((name) => process.env[name] ?? "");
  if (!proxies.some(Boolean) || (url && isOnThisMachine(url))) return undefined;
  const key = proxies.join("\n");
  const agent = agents.get(key) ?? import("undici").then(({ EnvHttpProxyAgent }) => new EnvHttpProxyAgent());
  agents.set(key, agent);
  return agent;
}

/** Bounds of one try of a client of the AWS SDK, which has none by itself. */
const bounds = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** Settings that bound a client of the AWS SDK, and make it use the proxy, if there is one. */
export async function boundedClient(url?: URL): Promise<{ requestHandler: FetchHttpHandler | typeof bounds }> {
  const dispatcher = await proxyOf(url);
  if (!dispatcher) return { requestHandler: bounds };
  const fetching = await import("@smithy/fetch-http-handler");
  // Node's `fetch` takes a dispatcher, but its types know another version of it.
  const options = { dispatcher } as object as RequestInit;
  const requestHandler = new fetching.FetchHttpHandler({
    requestInit: () => options,
    requestTimeout: bounds.requestTimeout,
  });
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = (request, more) => handle(withoutLength(request), more);
  return { requestHandler };
}

type HttpRequest = Parameters<FetchHttpHandler["handle"]>[0];

/** `fetch` sets the body's length itself; undici refuses a second one. */
function withoutLength(request: HttpRequest): HttpRequest {
  const headers = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== "content-length");
  return Object.assign(Object.create(request) as HttpRequest, { headers: Object.fromEntries(headers) });
}
