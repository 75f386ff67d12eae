import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as OpenId from "openid-client" with { "resolution-mode": "import" };
import { isOnThisMachine } from "../../client/connection/authorization";
import { proxyOf } from "../../client/connection/proxy";
import { JobProblemError } from "../../client/errors";
import { gatewayCodes } from "../../client/problemCode";
import { packageRoot } from "../../contract/packageRoot";
import { CommandError, exitCodes } from "../exitCodes";

export interface Login {
  issuer: URL;
  clientId: string;
  /** Separated by spaces. */
  scope: string;
  /** Port to which the answer comes back; 0 for any free one. */
  port: number;
  /** Is given the address at which the person logs in. */
  say: (url: string) => void;
  now?: () => number;
}

/** Age before its end at which a token is replaced. */
const leadMilliseconds = 60_000;

/**
 * Logs a person in by the browser: the authorization code flow with PKCE, whose answer comes back to this machine (RFC
 * 8252). Returns the token, and refreshes it if the issuer lets it; all of it stays in the memory of this process.
 *
 * @throws CommandError
 */
export async function logIn({ issuer, clientId, now = Date.now, ...login }: Login): Promise<() => Promise<string>> {
  const openId = await loadOpenId();
  const fetchByProxy = async (url: string, options: object) =>
    fetch(url, { ...options, dispatcher: await proxyOf(new URL(url)) } as RequestInit);
  const config = await openId
    .discovery(issuer, clientId, undefined, openId.None(), {
      execute: isOnThisMachine(issuer) ? [openId.allowInsecureRequests] : [],
      [openId.customFetch]: fetchByProxy,
    })
    .catch((error: Error) => {
      const hint = "Give --issuer as the API's jwt.issuer, without /.well-known/openid-configuration";
      throw new CommandError(
        `The issuer ${issuer.href} says nothing of logins: ${reasonOf(error)}`,
        exitCodes.failed,
        hint,
      );
    });
  const gained = (tokens: OpenId.TokenEndpointResponse) => ({
    token: tokenOf(tokens),
    refresh: tokens.refresh_token,
    until: now() + (tokens.expires_in ?? Infinity) * 1_000,
  });
  let held = gained(await byBrowser(openId, config, login));
  let refreshing: Promise<void> | undefined;

  async function refresh(by: string): Promise<void> {
    const next = gained(await openId.refreshTokenGrant(config, by));
    held = { ...next, refresh: next.refresh ?? by };
  }

  return async () => {
    if (now() < held.until - leadMilliseconds) return held.token;
    let reason = "it gave none to refresh it by";
    if (held.refresh !== undefined) {
      refreshing ??= refresh(held.refresh).finally(() => (refreshing = undefined));
      await refreshing.catch((error: Error) => (reason = reasonOf(error)));
    }
    if (now() < held.until) return held.token;
    const detail = `The login at ${issuer.host} has ended (${reason}): start batch-jobs console again`;
    throw new JobProblemError({ code: gatewayCodes.unauthorized, status: 401, detail });
  };
}

/** The access token, unless APIs can't read it: then the identity token, whose audience is the client. */
function tokenOf({ access_token, id_token }: OpenId.TokenEndpointResponse): string {
  return access_token.split(".").length === 3 ? access_token : (id_token ?? access_token);
}

/** Has the person log in, and waits for the issuer's answer. */
async function byBrowser(
  openId: typeof OpenId,
  config: OpenId.Configuration,
  { port, scope, say }: Pick<Login, "port" | "scope" | "say">,
) {
  const pkceCodeVerifier = openId.randomPKCECodeVerifier();
  const expectedState = openId.randomState();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const redirect = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`);
  try {
    const asked = {
      ...{ redirect_uri: redirect.href, scope, state: expectedState, code_challenge_method: "S256" },
      code_challenge: await openId.calculatePKCECodeChallenge(pkceCodeVerifier),
    };
    say(openId.buildAuthorizationUrl(config, asked).href);
    return await new Promise<Awaited<ReturnType<typeof openId.authorizationCodeGrant>>>((resolve, reject) => {
      server.on("request", (message, response) => {
        const url = new URL(message.url ?? "", redirect);
        const end = (status: number, text: string) => {
          response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
          return new Promise<void>((done) => response.end(text, done));
        };
        if (url.pathname !== redirect.pathname || url.searchParams.get("state") !== expectedState) {
          return void end(400, "Expected the answer to the login that batch-jobs console began");
        }
        openId.authorizationCodeGrant(config, url, { pkceCodeVerifier, expectedState }).then(
          (tokens) =>
            end(200, "You are logged in. The console's address is in the terminal.").then(() => resolve(tokens)),
          async (error: Error) => {
            const problem = `The login failed: ${reasonOf(error)}`;
            await end(400, problem);
            reject(new CommandError(problem));
          },
        );
      });
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** The reason that an issuer gives, or that there is none of its answers. */
function reasonOf(error: Error): string {
  const { error: code, error_description: words, cause } = error as Error & Record<string, unknown>;
  if (typeof code === "string") return typeof words === "string" ? `${code}: ${words}` : code;
  return cause instanceof Error && cause.message ? `${error.message}: ${cause.message}` : error.message;
}

/** From the bundle that tools/build/bundles.mjs makes, since it and all below it are ES modules only. */
function loadOpenId(): Promise<typeof OpenId> {
  const file = join(packageRoot(), "dist", "cli", "vendor", "openIdClient.js");
  return import(pathToFileURL(file).href) as Promise<typeof OpenId>;
}
