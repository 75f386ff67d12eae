import type { IncomingMessage } from "node:http";

/** By these a listener of this machine is asked for: no other name leads here but by a trick. */
const ownNames = ["127.0.0.1", "localhost"];

/** Whether the program behind a listener lets pages of an origin send what they ask for there. */
export type LetsIn = (origin: string, url: string) => boolean;

/**
 * Why a request is none that this machine's own programs send, if so: it asks for another host, as one does whose name
 * a page had point here (DNS rebinding), or a browser sends it for a page of another origin that the program doesn't let in.
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
  // A URL of its own says the host once more, and might say another.
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
