import { setMaxListeners } from "node:events";
import type { Job, Waiting } from "../client/index";
import { WaitTimeoutError } from "../client/index";
import { CommandError, type ExitCode, exitCodes } from "./exitCodes";
import { renderJob, renderJobs, waitingText } from "./output/jobTables";
import { oneLine } from "./output/printable";
import { mostBars, ProgressBars } from "./output/progressBars";
import { paint, singleLine, type Styled } from "./output/styled";
import { err } from "./output/terminal";
import { print, printJson, type Session } from "./session";
import { untilInterrupted } from "./untilInterrupted";

/**
 * Waits for the jobs, with a bar for each, prints how they ended, and returns the exit code: 1 if one failed or was
 * cancelled, with its reason on standard error.
 *
 * @throws CommandError on Ctrl-C and at the timeout, which says how to go on waiting.
 */
export async function waitForJobs(session: Session, ids: string[], timeoutSeconds?: number): Promise<ExitCode> {
  const jobs = await follow(session, ids, timeoutSeconds);
  if (session.isJson) printJson(jobs.length === 1 ? jobs[0] : { jobs });
  else print(jobs.length === 1 ? renderJob(jobs[0]!) : renderJobs(jobs));
  const unsuccessful = jobs.filter(({ state }) => state !== "succeeded");
  for (const job of unsuccessful) err.line([paint.red("✖"), " ", reasonOf(job)]);
  return unsuccessful.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Reason why a job ended without success. */
export function reasonOf({ id, state, error, attempts }: Job): string {
  if (state === "cancelled" || !error) return `Job ${id} was ${state === "cancelled" ? "cancelled" : "given up"}`;
  const count = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return `Job ${id} failed after ${count}: ${oneLine(`${error.name}: ${error.message}`)}`;
}

/** Line that says that a job waits, and why. */
export function waitingLine(id: string, waiting: Waiting, which = ""): Styled {
  return singleLine([paint.yellow("…"), ` Job ${id}${which} waits: ${waitingText(waiting)}`]);
}

async function follow({ client, isJson }: Session, ids: string[], timeoutSeconds?: number): Promise<Job[]> {
  const bars = new ProgressBars(!isJson, ids);
  const goOn = `Go on waiting with: batch-jobs wait ${ids.join(" ")}`;
  const said = new Set<string>();
  const sayWhy = (waiting: Waiting, { id, type }: Job) => {
    if (ids.length <= mostBars) return bars.say(waitingLine(id, waiting));
    const alike = `${type} ${waiting.reason}`;
    if (!said.has(alike)) bars.say(waitingLine(id, waiting, ` of ${type}, and perhaps others,`));
    said.add(alike);
  };
  const waitForAll = async (interrupted: AbortSignal) => {
    const failed = new AbortController();
    const signal = AbortSignal.any([interrupted, failed.signal]);
    // Each job's wait listens to it: Node warns beyond ten listeners.
    setMaxListeners(0, signal);
    const onProgress = (job: Job) => bars.show(job);
    const options = { timeoutSeconds, onProgress, onWaiting: sayWhy, result: isJson };
    const waiting = ids.map((id) => client.wait(id, { ...options, signal }));
    try {
      return await Promise.all(waiting);
    } catch (error) {
      // The first failure ends the other waits.
      failed.abort(error);
      await Promise.allSettled(waiting);
      throw error;
    }
  };
  try {
    return await untilInterrupted(waitForAll, "Stopped waiting; nothing was cancelled", goOn);
  } catch (error) {
    if (!(error instanceof WaitTimeoutError) || ids.length === 1) throw error;
    throw new CommandError(error.message, exitCodes.timeout, goOn);
  } finally {
    bars.stop();
  }
}
