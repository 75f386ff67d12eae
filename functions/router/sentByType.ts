import type { QueueMessage } from "../shared/messages/queueMessage";

/** Number of jobs sent to each type's queue. Delayed jobs don't count: the scaler sees them in its minute's run. */
export function sentByType(sent: QueueMessage[], unroutableQueueUrl: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type, queueUrl, delaySeconds } of sent) {
    if (type === undefined || delaySeconds !== undefined || queueUrl === unroutableQueueUrl) continue;
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}
