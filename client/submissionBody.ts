import type { SubmitOptions } from "./job";

/** A job as `POST /jobs` takes it. */
export interface SubmissionBody {
  type: string;
  payload: unknown;
  id?: string;
  delaySeconds?: number;
  runAt?: string;
  tenant?: string;
}

export function submissionBody(type: string, payload: unknown, options: SubmitOptions): SubmissionBody {
  const { id, delaySeconds, runAt, tenant } = options;
  return {
    type,
    payload,
    ...(id !== undefined && { id }),
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...(runAt !== undefined && { runAt: runAt instanceof Date ? runAt.toISOString() : runAt }),
    ...(tenant !== undefined && { tenant }),
  };
}
