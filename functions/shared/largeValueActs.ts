import type { ValueUrl } from "../../contract/http/answers";
import type { ProblemDocument } from "../../contract/http/problem";
import type { LargeValue, PayloadRef, ResultRef } from "../../contract/records/largeValues";
import type { JobRecord } from "../../contract/records/record";

type OfJob = Pick<JobRecord, "id" | "type">;

/** A job with its kept payload. */
export type Source = OfJob & { payloadRef?: PayloadRef };

/** The values that a job has in S3. */
interface Placed {
  payloadRef?: PayloadRef | undefined;
  resultRef?: ResultRef | undefined;
}

/** Acts on payloads and results in S3, by the function `operator`: the front end has no rights there. */
export interface LargeValueActs {
  /**
   * Finds a payload that was uploaded, where it is kept for long enough. Copies that of the `source`, a job that is
   * replayed; if it is the same job, its payload is kept for as long again.
   */
  find(
    job: OfJob & { payloadRef: LargeValue; notBefore?: string | undefined; source?: Source | undefined },
  ): Promise<PayloadRef | ProblemDocument>;
  /** Stores a payload that came within a request, where it is kept for long enough. */
  store(
    job: OfJob & { payload: unknown; payloadRef: LargeValue; notBefore?: string | undefined },
  ): Promise<PayloadRef | ProblemDocument>;
  /** Signs URLs for what a job has there: its payload, its result. */
  sign(job: OfJob & Placed): Promise<{ payloadRef?: ValueUrl; resultRef?: ValueUrl }>;
  /** Removes all that a job has there. */
  remove(job: OfJob): Promise<object>;
}

/** The call of an act. */
export interface LargeValueCall<Act extends keyof LargeValueActs = keyof LargeValueActs> {
  act: Act;
  input: Parameters<LargeValueActs[Act]>[0];
}

/** Has the function act, and waits for it. */
export type ActOnLargeValues = <Act extends keyof LargeValueActs>(
  act: Act,
  input: Parameters<LargeValueActs[Act]>[0],
) => Promise<Awaited<ReturnType<LargeValueActs[Act]>>>;
