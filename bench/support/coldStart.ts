import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Readable, type Writable } from "node:stream";
import { shipHandlers } from "../../components/handlers/shipHandlers";
import { withoutSourceMap } from "../../contract/handlers/handlerBundle";
import { packageRoot, workerMain } from "../../contract/packageRoot";
import { channel } from "../../worker-image/src/handlers/javascript/handlerChannel";
import { cpuMilliseconds } from "./consumers";

/** Medians from the start of a handler's process until it has loaded its handler. */
export interface ColdStart {
  bundleMegabytes: number;
  milliseconds: number;
  /** CPU time; undefined if the system doesn't report it. */
  cpuMs: number | undefined;
}

interface Loading {
  milliseconds: number;
  cpuMs: number | undefined;
}

/** Starts the process of a handler with a large bundle as the worker does. */
export async function measureColdStart(rounds: number): Promise<ColdStart> {
  const handler = path.join(packageRoot(), "bench/support/largeHandler.ts");
  const shipped = await shipHandlers([{ type: "large", handler, isStockImage: true }]);
  const { text } = shipped.get("large")!;
  const all: Loading[] = [];
  for (let round = 0; round < rounds; round++) all.push(await startOnce(text));
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1];
  return {
    bundleMegabytes: Buffer.byteLength(withoutSourceMap(text)) / 1e6,
    milliseconds: median(all.map(({ milliseconds }) => milliseconds))!,
    cpuMs: median(all.flatMap(({ cpuMs }) => cpuMs ?? [])),
  };
}

async function startOnce(inlineText: string): Promise<Loading> {
  const folder = path.dirname(workerMain());
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--enable-source-maps", path.join(folder, "handlerMain.js")], {
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
  });
  const load = { kind: "load", modulePath: path.join(folder, "processors/inline-large.js"), inlineText };
  (child.stdio[channel.input] as Writable).write(`${JSON.stringify(load)}\n`);
  const [answer] = (await once(createInterface(child.stdio[channel.output] as Readable), "line")) as [string];
  const milliseconds = performance.now() - startedAt;
  const cpuMs = cpuMilliseconds(child.pid!);
  child.kill("SIGKILL");
  await once(child, "exit");
  if (answer !== JSON.stringify({ kind: "ready" })) throw new Error(`The large handler could not be loaded: ${answer}`);
  return { milliseconds, cpuMs };
}
