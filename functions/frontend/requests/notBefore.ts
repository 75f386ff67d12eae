import type { Checked } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import type { Submission } from "../../../contract/messages/envelope";

/** Earliest start of the job, ISO 8601 in UTC; undefined if it may start now. */
export function notBeforeOf({ delaySeconds = 0, runAt }: Submission, now: number): Checked<string | undefined> {
  const time = runAt === undefined ? now + delaySeconds * 1_000 : Date.parse(runAt);
  if (time - now > limits.maxDelaySeconds * 1_000) {
    const message = `Expected a time at most ${limits.maxDelaySeconds} s ahead, got ${JSON.stringify(runAt)}`;
    return { ok: false, problems: [{ path: "/runAt", message }] };
  }
  return { ok: true, value: time > now ? new Date(time).toISOString() : undefined };
}

/** True if SQS can't hold a message back until then: EventBridge Scheduler publishes it. */
export function isTooFarForQueues(notBefore: string | undefined, now: number): boolean {
  return notBefore !== undefined && Date.parse(notBefore) - now > limits.maxQueueDelaySeconds * 1_000;
}
