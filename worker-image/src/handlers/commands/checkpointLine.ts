import path from "node:path";
import { findJsonLosses } from "../../../../contract/http/jsonLosses";
import { toJobError } from "../../support/errors";
import { type Line } from "../../support/lineReader";
import { checkpointError, encodeCheckpoint } from "../encodeCheckpoint";

/** Variable that names the file with the last checkpoint of earlier attempts; without one there is no file. */
export const checkpointVariable = "JOB_CHECKPOINT";

/** That file, in an attempt's folder. */
export function checkpointFileIn(folder: string): string {
  return path.join(folder, "job-checkpoint.json");
}

/** The JSON of a line such as `checkpoint {"part": 2}`, or its problem; undefined for another line. */
export function readCheckpointLine({
  text,
  length,
  isGarbled,
}: Line): { json: string } | { problem: string } | undefined {
  const [, given] = /^checkpoint\s+([{[].*)$/s.exec(text) ?? [];
  if (given === undefined) return undefined;
  try {
    if (text.length < length) throw checkpointError(`got a line of ${length} characters`);
    if (isGarbled) throw checkpointError("got bytes that aren't UTF-8");
    const value = JSON.parse(given) as unknown;
    const [loss] = findJsonLosses(given);
    if (loss) throw checkpointError(`reading it would change it${loss.path && ` at ${loss.path}`}: ${loss.message}`);
    return { json: encodeCheckpoint(value) };
  } catch (error) {
    return { problem: `The line is no checkpoint, and the one before stays: ${toJobError(error).message}` };
  }
}
