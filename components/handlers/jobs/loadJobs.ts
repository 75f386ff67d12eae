import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Readable, type Writable } from "node:stream";
import { sourceScheme } from "../../../contract/handlers/handlerBundle";
import { packageRoot } from "../../../contract/packageRoot";
import { entryName } from "../bundle/bundleSource";
import { type JobDeclaration, placeOf } from "./jobDeclaration";
import { type LoaderEvent } from "./jobLoader";

/** The definition that a handler's text exports, if it does, or the reason why it can't be loaded. */
export type LoadedJob = { declaration?: JobDeclaration } | { problem: string };

/** Longest time to load one text; generous, since the deploying machine may be busy. */
export const loadSeconds = 60;
/** Lines of a problem and of what was printed before it. */
const maxLines = 10;

/**
 * Loads handlers' texts, by name, one after another in a process of their own that has no credentials. A text that ends
 * the process, or takes longer than the limit, is no obstacle to those after it.
 */
export async function loadJobs(
  texts: Record<string, string>,
  limitSeconds = loadSeconds,
): Promise<Map<string, LoadedJob>> {
  const loaded = new Map<string, LoadedJob>();
  while (loaded.size < Object.keys(texts).length) {
    const rest = Object.entries(texts).filter(([name]) => !loaded.has(name));
    await loadIn(Object.fromEntries(rest), limitSeconds, loaded);
  }
  return loaded;
}

/** Loads as many as one process can. */
async function loadIn(
  texts: Record<string, string>,
  limitSeconds: number,
  loaded: Map<string, LoadedJob>,
): Promise<void> {
  const main = join(packageRoot(), "dist", "components", "handlers", "jobs", "jobLoader.js");
  const child = spawn(process.execPath, ["--enable-source-maps", main], {
    cwd: tmpdir(),
    env: {},
    stdio: ["pipe", "ignore", "pipe", "pipe"],
  });
  const before = loaded.size;
  let isLate = false;
  let name: string | undefined;
  let printed = "";
  const limit = () => setTimeout(() => (isLate = child.kill("SIGKILL")), limitSeconds * 1_000);
  let timer = limit();
  const settle = (outcome: LoadedJob) => {
    loaded.set(name!, outcome);
    name = undefined;
  };
  const fail = (reason: string) => {
    const said = printed.trim() && `\nIt printed:\n${printed.trim().split("\n").slice(-maxLines).join("\n")}`;
    settle({ problem: `${reason}${said}` });
  };
  const [stdin, , stderr, told] = child.stdio as unknown as [Writable, null, Readable, Readable];
  const events = createInterface({ input: told });
  events.on("line", (line) => {
    const event = JSON.parse(line) as LoaderEvent;
    if (event.kind === "begun") {
      clearTimeout(timer);
      timer = limit();
      [name, printed] = [event.name, ""];
    } else if (event.kind === "printed") printed += event.text;
    else if (event.kind === "failed") fail(shortened(event.error));
    else settle({ declaration: event.declaration });
  });
  stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  // The process's end has the reason.
  stdin.on("error", () => undefined);
  stdin.end(JSON.stringify(texts));
  await Promise.all([once(child, "close"), once(events, "close")]);
  clearTimeout(timer);
  if (name === undefined && loaded.size > before) return;
  name ??= Object.keys(texts)[0]!;
  if (isLate) fail(`it took longer than ${limitSeconds} s`);
  else fail(`it ended its process (${child.signalCode ?? `exit code ${child.exitCode}`})`);
}

/** The error's message without V8's excerpt of the text, and its place if that is in the program's files. */
function shortened(stack: string): string {
  const message = stack
    .replace(/^\S*:\d+\n[^]*?\n\n(?=\w*Error)/, "")
    .split(/\n\s+at /)[0]!
    .split("\n")
    .slice(0, maxLines)
    .join("\n");
  const place = isOwn.test(stack) ? placeOf(stack) : undefined;
  return place ? `${place.join(":")}: ${message}` : message;
}

const isOwn = new RegExp(`${sourceScheme}(?!${entryName})`);
