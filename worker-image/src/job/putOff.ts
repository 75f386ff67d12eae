import { hideableSeconds } from "../support/backoff";
import { type JobEffects } from "./effects";
import { type HeldJob } from "./heldJob";

/** Hides the message of a job that isn't to begin yet, for as long as SQS allows it. */
export async function putOff(
  { queue, clock }: JobEffects,
  { message, log }: Pick<HeldJob, "message" | "log">,
  reason: string,
  wantedSeconds: number,
): Promise<void> {
  const seconds = hideableSeconds(wantedSeconds, message.receivedAt, clock.now());
  await queue.hide(message, seconds);
  log("info", "message-hidden", { seconds, reason });
}
