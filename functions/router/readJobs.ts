import { type Checked, encodeWithinStack } from "../../contract/check";
import { decodeMessage, type JobEnvelope } from "../../contract/messages/envelope";

/** One job of an SNS message: the parsed value, and the envelope if it is valid. */
export interface ReadJob {
  source: unknown;
  job: Checked<JobEnvelope>;
  /** Returns the job's original text. */
  text: () => string;
}

/** The jobs of an SNS message. A message without jobs, or invalid JSON, counts as one malformed job. */
export function readJobs(message: string): ReadJob[] {
  const text = () => message;
  const decoded = decodeMessage(message);
  if (!decoded.ok) return [{ text, source: undefined, job: decoded }];
  if (decoded.value.length === 0) {
    const problems = [{ path: "", message: "Expected at least one job, got an empty array" }];
    return [{ text, source: undefined, job: { ok: false, problems } }];
  }
  if (decoded.value.length === 1) return [{ ...decoded.value[0]!, text }];
  // The whole message if the job is nested too deep to be written again.
  return decoded.value.map((read) => ({ ...read, text: () => encodeWithinStack(read.source) ?? message }));
}
