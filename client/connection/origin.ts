import { isIP } from "node:net";

/** True if the URL's host is this machine. */
export function isOnThisMachine({ hostname }: Pick<URL, "hostname">): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));
}

/**
 * Checks the API's URL: credentials may be sent there.
 *
 * @param carries - the secret that requests carry, if any
 * @throws TypeError that names no secret.
 */
export function checkOrigin(url: URL, carries?: "a token" | "a signature"): void {
  if (!/^https?:$/.test(url.protocol)) {
    throw new TypeError(`Expected an http or https URL, got one that begins with ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(
      `Expected the URL of ${url.host} without a user name and password, got one with them: the API takes a token or a signature`,
    );
  }
  if (carries && url.protocol === "http:" && !isOnThisMachine(url)) {
    throw new TypeError(
      `Expected an https URL, since requests carry ${carries}, got ${url.origin}; authorization "none" sends neither`,
    );
  }
}
