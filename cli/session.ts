import type { Command } from "commander";
import { JobClient } from "../client";
import { isOnThisMachine } from "../client/authorization";
import type { Styled } from "../local/commands/styled";
import { out } from "../local/commands/terminal";
import { findApi } from "./findApi";

export { printJson } from "../local/commands/terminal";

/** Options that every command takes. */
export interface GlobalOptions {
  url?: string;
  stack?: string;
  output: string;
  token?: string;
  region?: string;
  sign?: boolean;
  json?: boolean;
}

/** Fewer tries than a program's: a person would rather know. */
const maxAttempts = 5;

/** What a command works with. */
export interface Session {
  client: JobClient;
  url: URL;
  /** Print JSON for programs instead of tables for people. */
  isJson: boolean;
}

export async function openSession(command: Command): Promise<Session> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const url = await findApi(options);
  const token = options.token ?? process.env.BATCH_JOBS_TOKEN;
  const isSigned = options.sign ?? (token === undefined && !isOnThisMachine(url));
  const client = new JobClient({
    url,
    token,
    region: options.region,
    authorization: isSigned ? "iam" : "none",
    maxAttempts,
  });
  return { client, url, isJson: options.json ?? false };
}

export function print(content: Styled): void {
  out.line(content);
}
