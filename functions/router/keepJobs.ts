import { errorFields, type Log } from "../../contract/log";
import { groupBy } from "../shared/groupBy";
import type { SendFailure } from "../shared/messages/sendMessages";
import type { KeepUnsent } from "./keepUnsent";

/** Keeps the jobs that can't be sent, by queue; returns false, and logs a line, if they can't be kept either. */
export function createKeepJobs(
  keepUnsent: KeepUnsent,
  unroutableQueueUrl: string,
  log: Log,
): (unsent: SendFailure[]) => Promise<boolean> {
  return async function keepJobs(unsent) {
    const byQueue = groupBy(unsent, ({ message }) => message.queueUrl);
    const jobIds = unsent.flatMap(({ message }) => message.id ?? []);
    try {
      for (const [queue, ofQueue] of byQueue) {
        const jobs = ofQueue.map(({ message: { text, body } }) => text ?? body);
        // An unroutable job may be invalid JSON.
        const kept = queue === unroutableQueueUrl || jobs.length === 1 ? jobs : [`[${jobs.join(",")}]`];
        for (const message of kept) await keepUnsent({ queue, message });
      }
      log("warn", "jobs-kept", { jobIds, ...errorFields(unsent[0]!.error) });
      return true;
    } catch (error) {
      log("error", "jobs-not-kept", { jobIds, ...errorFields(error) });
      return false;
    }
  };
}
