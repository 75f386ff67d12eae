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

/** Settings that make a client of the AWS SDK use the proxy, if there is one. */
export async function proxiedClient(url?: URL): Promise<{ requestHandler?: FetchHttpHandler }> {
  const dispatcher = await proxyOf(url);
  if (!dispatcher) return {};
  const fetching = await import("@smithy/fetch-http-handler");
  // Node's `fetch` takes a dispatcher, but its types know another version of it.
  const options = { dispatcher } as object as RequestInit;
  const requestHandler = new fetching.FetchHttpHandler({ requestInit: () => options });
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
