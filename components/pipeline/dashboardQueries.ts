import { type EventName } from "../../contract/log";

/** Lines of these events, the newest first. */
function lines(fields: string, ...events: EventName[]): string {
  const names = events.map((event) => `"${event}"`).join(", ");
  return `fields @timestamp, event, ${fields}\n| filter event in [${names}]\n| sort @timestamp desc\n| limit 200`;
}

/** Queries of CloudWatch Logs Insights, by the section of docs/operations.md that they answer. */
export const queries: Record<string, string> = {
  "No worker starts": lines(
    "jobType, launchProblem, reason, @logStream",
    ...(["launches-failing", "worker-not-started", "instance-given-up"] as const),
  ),
  "Jobs wait and none starts": lines(
    "jobTypes.0, error.message, @log",
    ...(["types-not-scaled", "receive-failed", "settling-retried"] as const),
  ),
  "Jobs are slow":
    'filter event = "job-started"\n| stats count() as jobs, avg(waitMs), pct(waitMs, 90) by @log, bin(5m)\n| sort @timestamp desc',
  "A job runs for ever":
    'filter event in ["job-started", "job-succeeded", "job-failed", "job-retried", "job-given-back"]\n| stats latest(event) as last, latest(@timestamp) as at by jobId, @log\n| filter last = "job-started"\n| sort at asc\n| limit 200',
  "Dead letters": lines(
    "jobId, jobType, reason, error.name, error.message, @log",
    ...(["job-failed", "dead-letter-explained", "lost-job-ended"] as const),
  ),
  "Unroutable jobs": lines(
    "jobId, jobType, reason, error.message",
    ...(["job-unroutable", "job-not-routed", "event-not-replayed"] as const),
  ),
  "The API fails": lines(
    "jobId, error.name, error.message",
    ...(["job-not-recorded", "job-not-published", "job-not-scheduled", "request-failed"] as const),
  ),
  Throttled:
    "fields @timestamp, event, error.message, @log\n| filter @message like /Throttl|Rate exceeded|TooManyRequests/\n| sort @timestamp desc\n| limit 200",
  "A run of the minute fails": lines(
    "step, jobTypes.0, sum, error.name, error.message",
    ...(["types-not-scaled", "repair-step-failed", "sum-not-written"] as const),
  ),
  "A bad deployment":
    'filter event = "job-failed"\n| stats count() as jobs by error.name, @log, bin(5m)\n| sort @timestamp desc',
};
