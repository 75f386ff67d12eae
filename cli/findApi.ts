import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readLocalRunsAround } from "../client/connection/localRun";
import { isObject } from "../contract/check";
import { CommandError, exitCodes } from "./exitCodes";
import { untilInterrupted } from "./untilInterrupted";

export interface ApiLocation {
  /** Several, in the order of their use. */
  url?: string[];
  stack?: string;
  /** Name of the stack output that holds the URL, or a list of them. */
  output: string;
}

const howTo =
  "Give --url URL, or set BATCH_JOBS_URL, or run it in the folder of a Pulumi project that runs here, or with --stack NAME";

/**
 * Finds the API's URLs, mostly one: as given, else those of the stack named, else `BATCH_JOBS_URL`, else that of the
 * folder's project as it runs on this machine, else those of its selected stack.
 *
 * @throws CommandError that says what to do.
 */
export async function findApis({ url, stack, output }: ApiLocation): Promise<URL[]> {
  if (url) return url.map((each) => readUrl(each, "--url"));
  const named = stack === undefined ? process.env.BATCH_JOBS_URL : undefined;
  if (named) return named.split(",").map((each) => readUrl(each.trim(), "BATCH_JOBS_URL"));
  const local = stack === undefined ? localRun(output) : [];
  if (local.length > 0) return local;
  const outputs = await stackOutputs(stack);
  const found = [outputs[output]].flat();
  if (found.every((each) => typeof each === "string")) {
    return found.map((each) => readUrl(each, `stack output ${output}`));
  }
  const names = Object.keys(outputs).join(", ") || "none";
  throw new CommandError(
    `The stack has no output ${output} that is a text; its outputs: ${names}`,
    exitCodes.failed,
    "Name the one that holds the component's url with --output",
  );
}

/** @throws CommandError if there are several that the output doesn't name. */
function localRun(output: string): URL[] {
  const runs = readLocalRunsAround(process.cwd());
  const named = runs.flatMap(({ outputs }) => outputs?.[output] ?? []);
  // Each API that the output names names all of them. In two runs, or without such an output, the user has to choose.
  const urls = [...new Set(runs.length > 1 && named.length > 0 ? named : runs.map(({ url }) => url))];
  const isOneRun = new Set(runs.map(({ pid }) => pid)).size === 1;
  if (urls.length < 2 || (named.length > 0 && isOneRun)) return urls.map((url) => new URL(url));
  const names = [...new Set(runs.flatMap(({ outputs = {} }) => Object.keys(outputs)))].map(
    (name) => `--output ${name}`,
  );
  const problem = `The project of this folder has several APIs on this machine: ${urls.sort().join(", ")}`;
  throw new CommandError(problem, exitCodes.failed, `Choose: ${[`--url ${urls[0]}`, ...names].join(", ")}`);
}

/** Longest time for the Pulumi CLI, whose backend may be out of reach. */
const longestSeconds = 60;

/** A stack's outputs, read with the Pulumi CLI. */
async function stackOutputs(stack?: string): Promise<Record<string, unknown>> {
  const args = ["stack", "output", "--json", ...(stack === undefined ? [] : ["--stack", stack])];
  try {
    const stdout = await untilInterrupted((signal) => runPulumi(args, signal));
    const outputs = JSON.parse(stdout) as unknown;
    return isObject(outputs) ? outputs : {};
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    if (code === "ENOENT") {
      const problem =
        stack === undefined ? "No API is named" : `The Pulumi CLI, which knows stack ${stack}, is not there`;
      throw new CommandError(`${problem}, and there is no pulumi on the PATH to ask`, exitCodes.failed, howTo);
    }
    const said = (stderr ?? "").trim() || message;
    throw new CommandError(`pulumi ${args.join(" ")} failed: ${said}`, exitCodes.failed, howTo);
  }
}

/** @throws CommandError if it takes too long, the signal's reason, `execFile`'s error. */
async function runPulumi(args: string[], interrupted: AbortSignal): Promise<string> {
  const late = new AbortController();
  const problem = `pulumi ${args.join(" ")} gave no outputs within ${longestSeconds} s: is its backend in reach?`;
  const end = () => late.abort(new CommandError(problem, exitCodes.failed, howTo));
  const timer = setTimeout(end, longestSeconds * 1_000);
  const signal = AbortSignal.any([interrupted, late.signal]);
  const running = promisify(execFile)("pulumi", args, { maxBuffer: 16e6, signal });
  running.child.stdin?.end();
  try {
    return (await running).stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    // The signal has only asked it to end.
    running.child.kill("SIGKILL");
  }
}

function readUrl(text: string, source: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new CommandError(
    `Expected ${source} as an http or https URL, got ${JSON.stringify(text)}`,
    source === "--url" ? exitCodes.usage : exitCodes.failed,
  );
}
