import { type Claim, type ClaimRequest, type HoldState, type JobRecords } from "./records";

/**
 * Job records that are not kept: SQS's count of deliveries is the number of attempts, so that a job given back has
 * used one, and duplicates or another worker's hold can't be detected.
 */
export class UntrackedRecords implements JobRecords {
  claim({ job, receiveCount, worker, maxAttempts }: ClaimRequest): Promise<Claim> {
    const hold = { jobId: job.id, worker, attempt: receiveCount, claim: 0 };
    if (receiveCount <= maxAttempts) return Promise.resolve({ outcome: "started", hold });
    const message = `Delivered ${receiveCount} times: its attempts were cut off or given back`;
    return Promise.resolve({
      outcome: "exhausted",
      hold: { ...hold, attempt: maxAttempts },
      error: { name: "NoAttemptsLeft", message },
    });
  }

  extend = held;
  reportProgress = held;
  succeed = held;
  retry = held;
  fail = held;
  cancel = held;
  giveBack = held;
  holdSuspects = () => Promise.resolve(true);
  freeSuspects = () => Promise.resolve();
}

function held(): Promise<HoldState> {
  return Promise.resolve("held");
}
