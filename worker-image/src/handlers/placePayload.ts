import { writeFile } from "node:fs/promises";
import { toJobError } from "../support/errors";
import { explainFullDisk } from "./disk";
import { type Job } from "./handler";
import { type RunEvents, type RunOutcome } from "./runner";

/** Name of a payload's file in an attempt's folder, and the variable that names it. */
export const payloadFileName = "job-payload";
export const payloadFileVariable = "JOB_PAYLOAD_FILE";

/** Puts the job's payload into the file, below the folder. Resolves to an end if the job can't begin. */
export async function placePayload(
  job: Job,
  file: string,
  events: Pick<RunEvents, "fetchPayload">,
  folder: string,
): Promise<RunOutcome | undefined> {
  try {
    const end = await events.fetchPayload?.(file);
    if (!events.fetchPayload) await writeFile(file, JSON.stringify(job.payload), { mode: 0o600 });
    return end && (await explainFullDisk(end, folder));
  } catch (error) {
    return explainFullDisk({ kind: "failed", error: toJobError(error), isPermanent: false }, folder);
  }
}
