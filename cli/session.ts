import type { Command } from "commander";
import { type AuthorizationOptions, isOnThisMachine } from "../client/connection/authorization";
import { readLocalRun } from "../client/connection/localRun";
import { type Failover, JobClient } from "../client/index";
import { findApis } from "./findApi";
import { paint, type Styled } from "./output/styled";
import { err, out } from "./output/terminal";

export { printJson } from "./output/terminal";

/** Options that every command takes. */
export interface GlobalOptions {
  url?: string[];
  stack?: string;
  output: string;
  token?: string;
  region?: string;
  sign?: boolean;
  json?: boolean;
}

/** Fewer tries than a program's: a user prefers to know soon. */
const maxAttempts = 5;

/** Everything that a command works with. */
export interface Session {
  client: JobClient;
  /** True if the command prints JSON for programs instead of tables for people. */
  isJson: boolean;
}

export async function openSession(command: Command): Promise<Session> {
  const options = command.optsWithGlobals<GlobalOptions>();
  return { client: clientOf(await findApis(options), options), isJson: options.json ?? false };
}

/** A client of one or several URLs. */
export function clientOf(url: URL[], options: GlobalOptions): JobClient {
  const authorization = (each: string) => authorizationFor(new URL(each), options);
  const tries = url.length > 1 ? {} : { maxAttempts };
  return new JobClient({ url, authorization, ...tries, onFailover: sayFailover });
}

function sayFailover({ from, to, reason }: Failover): void {
  const why = reason ? `${from} fails (${reason.message})` : `${to} answers again`;
  err.line([paint.yellow("…"), ` ${why}: calls go to ${to} now`]);
}

/** Authorisation as the options say; else as the local cloud at the URL says to its own user. */
export function authorizationFor(url: URL, { sign, region, ...options }: GlobalOptions): AuthorizationOptions {
  const token = options.token ?? process.env.BATCH_JOBS_TOKEN;
  const run = token === undefined && sign !== false ? readLocalRun(url) : undefined;
  if (run?.authorization === "iam") {
    return { authorization: "iam", region: region ?? run.region, credentials: run.credentials };
  }
  if (run?.authorization === "jwt" && sign === undefined) return { token: run.bearerToken };
  const isSigned = sign ?? (token === undefined && !isOnThisMachine(url));
  return { token, region, authorization: isSigned ? "iam" : "none" };
}

export function print(content: Styled): void {
  out.line(content);
}
