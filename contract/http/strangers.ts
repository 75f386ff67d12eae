import type { IncomingMessage } from "node:http";

/** Host names of a listener on this machine: other names lead here only by a trick. */
const ownNames = ["127.0.0.1", "localhost"];

/** True if the program behind a listener admits a page's request. */
export type LetsIn = (origin: string, url: string) => boolean;

/**
 * Reason why a request doesn't come from this machine's own programs: it is for another host, for instance a name
 * that a page made point here (DNS rebinding), or a browser sends it for a page of another origin that the program
 * doesn't admit.
 */
export function strangeness(
  { url = "", headersDistinct }: IncomingMessage,
  port: number,
  letsIn: LetsIn = () => false,
): string | undefined {
  const own = ownNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const origins = own.map((host) => `http://${host}`);
  const values = (name: string) => headersDistinct[name] ?? [];
  const hosts = values("host");
  if (hosts.length !== 1 || !own.includes(hosts[0]!.toLowerCase())) return problem("Host", own, hosts);
  const foreign = values("origin").filter((origin) => !origins.includes(origin.toLowerCase()));
  const isLetIn = foreign.length === 1 && letsIn(foreign[0]!, url);
  if (foreign.length > 0 && !isLetIn) return problem("Origin", [...origins, "none"], foreign);
  const sites = values("sec-fetch-site").filter((site) => !isLetIn && site !== "same-origin" && site !== "none");
  if (sites.length > 0) return problem("Sec-Fetch-Site", ["same-origin", "none"], sites);
  // An absolute URL contains the host again, and might contain another.
  if (!url.startsWith("/") && url !== "*") return `Expected a path, got ${quoted(url)}`;
  return undefined;
}

function problem(header: string, expected: string[], got: string[]): string {
  const shown = got.length === 0 ? "none" : got.map(quoted).join(", ");
  return `Expected the header ${header} as ${expected.join(" or ")}, got ${shown}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
