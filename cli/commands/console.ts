import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import { readHealthStatus } from "../../client/answers";
import { type AuthorizationOptions, createAuthorize } from "../../client/connection/authorization";
import { Connection } from "../../client/connection/connection";
import { consoleFolder } from "../../contract/packageRoot";
import { startConsole } from "../consoleProxy/consoleServer";
import { logIn } from "../consoleProxy/logIn";
import { usageError } from "../exitCodes";
import { findApis } from "../findApi";
import { issuerUrl, portNumber } from "../optionValues";
import { paint, styled } from "../output/styled";
import { err, out, printJson } from "../output/terminal";
import { authorizationsFor, type GlobalOptions } from "../session";

/** A forgotten console is no open door. */
const longestHours = 8;

/** An HTTP API answers within 30 s, and the page waits for a second more. */
const requestTimeoutSeconds = 30;

type Wait = (milliseconds: number, value: "over", options: { signal: AbortSignal }) => Promise<"over">;

export function addConsole(program: Command, wait: Wait = sleep): void {
  program
    .command("console")
    .description("Serves a page to watch and steer jobs, on this machine until Ctrl-C")
    .option("--port <port>", "port of the page (default: any free one)", portNumber, 0)
    .addOption(new Option("--read-only", "refuse all acts").conflicts("write"))
    .option(
      "--issuer <url>",
      "log in by the browser at this issuer, for an API with jwt; needs --client-id (default: no login)",
      issuerUrl,
    )
    .option(
      "--client-id <id>",
      "public client of the issuer, whose redirects may go to http://127.0.0.1 (default: none)",
    )
    .option("--scope <scopes>", "scopes to ask the issuer for (default: openid)")
    .option("--write", "act on jobs though the API doesn't authenticate callers (default: only read them)")
    .addHelpText(
      "after",
      `
Calls of the page are authorised as those of the other commands: with your AWS credentials, or the token; with --issuer by
the token of a login, which stays in the memory of this process. The address has a secret: who opens it may act as you, for ${longestHours} h.

Examples:
  $ AWS_PROFILE=operator batch-jobs console --stack prod
  $ batch-jobs console --url https://jobs.example.com --read-only
  $ batch-jobs console --stack prod --issuer https://login.example.com --client-id batch-console --port 8931`,
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<ConsoleOptions>();
      const [api, ...others] = (await findApis(options)) as [URL, ...URL[]];
      if (others.length > 0) throw usageError(`Expected one URL, got ${others.length + 1}: a console shows one API`);
      const authorization = (await loginOf(options)) ?? authorizationsFor([api], options)(api);
      const connection = new Connection(api, createAuthorize(api, authorization), {
        maxAttempts: 2,
        requestTimeoutSeconds,
      });
      // Says now, not in the page, if the API is not there or refuses the caller.
      await connection.request({ method: "GET", path: "health" }, readHealthStatus);
      const isOpen = authorization.token === undefined && authorization.authorization === "none";
      const token = randomBytes(32).toString("base64url");
      const server = await startConsole({
        ...{ folder: consoleFolder(), connection, token, port: options.port },
        readsOnly: options.readOnly
          ? "This console only reads: it runs with --read-only"
          : isOpen && !options.write
            ? "This console only reads, since the API doesn't authenticate callers: start it with --write to act"
            : undefined,
      });
      const ended = new AbortController();
      const { signal } = ended;
      const interrupts = ["SIGINT", "SIGTERM"].map((name) => once(process, name, { signal }));
      const url = `${server.address}/console/#token=${token}`;
      if (options.json) printJson({ url }, "line");
      else out.line(styled`${paint.green("✔")} The console of ${api.href} is at ${paint.cyan(url)}. Ctrl-C ends it.`);
      const end = await Promise.race([...interrupts, wait(longestHours * 3_600_000, "over", { signal })]);
      ended.abort();
      await server.close();
      if (end === "over") err.line(`The console has ended after ${longestHours} h; start it again`);
    });
}

/** Undefined if no issuer is named. */
async function loginOf(options: ConsoleOptions): Promise<AuthorizationOptions | undefined> {
  const { issuer, clientId, scope, token, port } = options;
  if ([issuer, clientId, scope].every((option) => option === undefined)) return undefined;
  if (token !== undefined) throw usageError("Expected --token or a login, got both");
  if (issuer === undefined || clientId === undefined) {
    throw usageError("Expected --issuer and --client-id together, got one alone");
  }
  const say = (url: string) => err.line(styled`Log in at ${paint.cyan(url)}`);
  return { token: await logIn({ issuer, clientId, scope: scope ?? "openid", port, say }) };
}

interface ConsoleOptions extends GlobalOptions {
  port: number;
  issuer?: URL;
  clientId?: string;
  scope?: string;
  readOnly?: boolean;
  write?: boolean;
}
