import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../contract/packageRoot";
import type { Exchange } from "./exchanges";

/** Verdict of a service's model on a call. */
export interface Verdict {
  /** As the model calls it; undefined where the service has no such operation. */
  operation?: string;
  problems: string[];
}

/** Holds each call against botocore's model of its service, which comes with moto. */
export async function checkExchanges(exchanges: Exchange[]): Promise<Verdict[]> {
  const { motoPython } = (await import(pathToFileURL(join(packageRoot(), "tools", "fetch", "moto.mjs")).href)) as {
    motoPython: string;
  };
  const child = spawn(motoPython, [join(__dirname, "check.py")], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  child.stdin.end(exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(""));
  const status = await ended;
  if (status !== 0) throw new Error(`Expected a verdict on each call, got exit status ${status}`);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Verdict);
}
