import type { Command } from "commander";
import { type AuthorizationOptions, isOnThisMachine } from "../client/connection/authorization";
import { readLocalRun } from "../client/connection/localRun";
import { type Failover, JobClient } from "../client/index";
import { CommandError, exitCodes } from "./exitCodes";
import { findApis } from "./findApi";
import { paint, type Styled } from "./output/styled";
import { err, out } from "./output/terminal";

export { printJson } from "./output/terminal";

/** Options that every command takes. */
export interface GlobalOptions {
  url?: string[];
  stack?: string;
  output: string;
  /** Of all URLs, or of each in their order. */
  token?: string[];
  /** Likewise. */
  region?: string[];
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
  return sessionOf(command, await findApis(command.optsWithGlobals<GlobalOptions>()));
}

/** A session for what each API has of its own, such as its types: of several, it says that it asks one. */
export async function openSessionOfOne(command: Command): Promise<Session> {
  const urls = await findApis(command.optsWithGlobals<GlobalOptions>());
  const [first, ...others] = urls;
  if (others.length > 0)
    err.line([paint.yellow("…"), ` Of ${first!.href} alone: each of ${urls.length} APIs has its own`]);
  return sessionOf(command, urls);
}

function sessionOf(command: Command, urls: URL[]): Session {
  const options = command.optsWithGlobals<GlobalOptions>();
  return { client: clientOf(urls, options), isJson: options.json ?? false };
}

/** A client of one or several URLs, which are among all those that the command is given. */
export function clientOf(url: URL[], options: GlobalOptions, all = url): JobClient {
  const authorize = authorizationsFor(all, options);
  const authorization = (each: string) => authorize(new URL(each));
  const tries = url.length > 1 ? {} : { maxAttempts };
  return new JobClient({ url, authorization, ...tries, onFailover: sayFailover });
}

function sayFailover({ from, to, reason }: Failover): void {
  const why = reason ? `${from} fails (${reason.message})` : `${to} answers again`;
  err.line([paint.yellow("…"), ` ${why}: calls go to ${to} now`]);
}

/**
 * Authorisation of each URL as the options say; else as the local cloud there says to its own user.
 *
 * @throws CommandError if there are several tokens or regions, and not one for each URL.
 */
export function authorizationsFor(urls: URL[], options: GlobalOptions): (url: URL) => AuthorizationOptions {
  const named = process.env.BATCH_JOBS_TOKEN || undefined;
  const inTurn = urls.length > 1 ? named?.split(",").map((each) => each.trim()) : named && [named];
  const tokens = options.token
    ? eachOf(urls, options.token, "--token")
    : eachOf(urls, inTurn || undefined, "BATCH_JOBS_TOKEN");
  const regions = eachOf(urls, options.region, "--region");
  return (url) => {
    const at = urls.findIndex(({ href }) => href === url.href);
    return authorizationFor(url, options, { token: tokens[at], region: regions[at] });
  };
}

/** The only value for each URL, or the one in its place; none if there are none. */
function eachOf(urls: URL[], values: string[] = [], source: string): (string | undefined)[] {
  if (values.length < 2) return urls.map(() => values[0]);
  if (values.length === urls.length) return values;
  const expected = urls.length === 1 ? "one" : `one, or one for each of the ${urls.length} URLs`;
  const problem = `Expected ${expected} as ${source}, got ${values.length}`;
  throw new CommandError(problem, source.startsWith("--") ? exitCodes.usage : exitCodes.failed);
}

function authorizationFor(
  url: URL,
  { sign }: GlobalOptions,
  { token, region }: Pick<AuthorizationOptions, "token" | "region">,
): AuthorizationOptions {
  const run = token === undefined && sign !== false ? readLocalRun(url) : undefined;
  if (run?.authorization === "iam") {
    return { authorization: "iam", region: run.region, credentials: run.credentials };
  }
  if (run?.authorization === "jwt" && sign === undefined) return { token: run.bearerToken };
  const isSigned = sign ?? (token === undefined && !isOnThisMachine(url));
  return { token, region, authorization: isSigned ? "iam" : "none" };
}

export function print(content: Styled): void {
  out.line(content);
}
