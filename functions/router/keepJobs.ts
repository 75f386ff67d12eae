import { describeError, type Log } from "../shared/log";
import type { KeepUnsent } from "./keepUnsent";
import type { SendFailure } from "../shared/sendMessages";

/** Keeps the jobs that can't be sent, by queue; returns false, and logs a line, if they can't be kept either. */
export function createKeepJobs(
  keepUnsent: KeepUnsent,
  unroutableQueueUrl: string,
  log: Log,
): (unsent: SendFailure[]) => Promise<boolean> {
  return async function keepJobs(unsent) {
    const byQueue = new Map<string, string[]>();
    for (const { message } of unsent) {
      const { queueUrl, text = message.body } = message;
      byQueue.set(queueUrl, [...(byQueue.get(queueUrl) ?? []), text]);
    }
    try {
      for (const [queue, jobs] of byQueue) {
        // An unroutable job may be invalid JSON.
        const kept = queue === unroutableQueueUrl || jobs.length === 1 ? jobs : [`[${jobs.join(",")}]`];
        for (const message of kept) await keepUnsent({ queue, message });
      }
      log("warn", "jobs kept", { count: unsent.length, error: describeError(unsent[0]!.error) });
      return true;
    } catch (error) {
      log("error", "jobs not kept", { count: unsent.length, error: describeError(error) });
      return false;
    }
  };
}
