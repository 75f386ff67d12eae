import { setTimeout as sleep } from "node:timers/promises";
import { type Command } from "commander";
import { type JobClient, JobProblemError } from "../../client/index";
import { wholeSeconds } from "../optionValues";
import { openLiveView } from "../output/liveView";
import { type Overview, renderOverview } from "../output/overview";
import { paint } from "../output/styled";
import { out } from "../output/terminal";
import { shortTime } from "../output/times";
import { openSession, print, printJson } from "../session";

/** Jobs that failed last, of which as many are shown as have room. */
const failedJobs = 10;

type Wait = (milliseconds: number, value: undefined, options: { signal: AbortSignal }) => Promise<unknown>;

export function addTop(program: Command, wait: Wait = sleep): void {
  program
    .command("top")
    .description("Shows what needs you, the job types and the jobs that failed last, again and again until Ctrl-C")
    .option("--interval <seconds>", "from one look to the next", wholeSeconds, 5)
    .addHelpText(
      "after",
      `
Without a terminal, and with --json, it shows them once.

Examples:
  $ batch-jobs top --stack prod
  $ batch-jobs top --json | jq '.types[] | select(.launchProblem)'`,
    )
    .action(async ({ interval }: { interval: number }, command: Command) => {
      const { client, isJson } = await openSession(command);
      const overview = await look(client);
      if (isJson) printJson(overview);
      else if (out.isTerminal)
        await follow(client, overview, (signal) => wait(interval * 1_000, undefined, { signal }));
      else print(renderOverview(overview, { columns: out.columns, rows: Infinity }));
    });
}

async function look(client: JobClient, signal?: AbortSignal): Promise<Overview> {
  const [types, failed] = await Promise.all([client.types({ signal }), failedLast(client, signal)]);
  return { types, failed };
}

/** None where the stack keeps no records. */
async function failedLast(client: JobClient, signal?: AbortSignal): Promise<Overview["failed"]> {
  try {
    return (await client.list({ state: "failed", limit: failedJobs, signal })).jobs;
  } catch (error) {
    if (error instanceof JobProblemError && error.code === "tracking-off") return [];
    throw error;
  }
}

/** Draws the overview until Ctrl-C. A look that fails leaves the last picture, and says so. */
async function follow(
  client: JobClient,
  first: Overview,
  pause: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop);
  const { signal } = interrupt;
  const view = await openLiveView();
  const draw = (overview: Overview, problem?: Error) => {
    const { rows = 24 } = process.stdout;
    const at = new Date().toTimeString().slice(0, 8);
    const said = problem
      ? paint.red(`${at} ✖ ${problem.message}`)
      : paint.dim(`${at}${countedAt(overview)}; Ctrl-C ends`);
    view.draw(renderOverview(overview, { columns: out.columns, rows }, said));
  };
  try {
    let overview = first;
    for (let problem: Error | undefined; ;) {
      draw(overview, problem);
      await pause(signal);
      try {
        overview = await look(client, signal);
        problem = undefined;
      } catch (error) {
        problem = error as Error;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    view.end();
    process.off("SIGINT", stop);
  }
}

/** Time of the newest counts: the scaler's, of each minute in which a type has work. */
function countedAt({ types }: Overview): string {
  const newest = types
    .flatMap(({ asOf = [] }) => asOf)
    .sort()
    .at(-1);
  return newest === undefined ? "" : `, counts of ${shortTime(newest)}`;
}
