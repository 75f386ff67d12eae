import type { Job } from "../contract/http/answers";

/** An event in a job's life. */
export interface JobEvent {
  at: string;
  text: string;
  tone?: "good" | "bad" | "muted";
}

/** A stretch of a job's life. */
export interface Span {
  kind: "waiting" | "running" | "failed" | "succeeded" | "cancelled";
  from: number;
  to: number;
  label: string;
}

const endings = {
  failed: "failed",
  "given-back": "was given back, and doesn't count",
  lost: "lost its worker",
} as const;

/** The job's events, oldest first. */
export function eventsOf(job: Job): JobEvent[] {
  const { submittedAt, submittedBy, runAt, startedAt, finishedAt, cancelRequestedAt, cancelledBy } = job;
  const { retriedAt, retriedBy, retries = 0, checkpointAt, dataRemovedAt, dataRemovedBy, replayOf } = job;
  const by = (who?: string) => (who ? ` by ${who}` : "");
  const events: (JobEvent | false | undefined)[] = [
    { at: submittedAt, text: `Submitted${by(submittedBy)}${replayOf ? ` as a replay of ${replayOf}` : ""}` },
    runAt !== undefined && { at: runAt, text: "Earliest start", tone: "muted" },
    ...(job.attemptLog ?? []).flatMap(({ attempt, worker, outcome, error, ...times }): JobEvent[] => [
      { at: times.startedAt, text: `Attempt ${attempt} began on ${worker}` },
      {
        at: times.endedAt,
        text: `Attempt ${attempt} ${endings[outcome]}${error ? `: ${error.name}: ${error.message}` : ""}`,
        tone: outcome === "failed" ? "bad" : "muted",
      },
    ]),
    retriedAt !== undefined && {
      at: retriedAt,
      text: `Retried${by(retriedBy)}${retries > 1 ? `, ${retries} times in all` : ""}`,
    },
    startedAt !== undefined && !isLogged(job, startedAt) && { at: startedAt, text: `Attempt ${job.attempts} began` },
    checkpointAt !== undefined && { at: checkpointAt, text: "Last checkpoint", tone: "muted" },
    cancelRequestedAt !== undefined && { at: cancelRequestedAt, text: `Cancellation requested${by(cancelledBy)}` },
    finishedAt !== undefined && { at: finishedAt, ...endOf(job) },
    dataRemovedAt !== undefined && { at: dataRemovedAt, text: `Data removed${by(dataRemovedBy)}`, tone: "muted" },
  ];
  return events.filter((event) => typeof event === "object").sort((one, other) => timeOf(one.at) - timeOf(other.at));
}

function isLogged({ attemptLog = [] }: Job, startedAt: string): boolean {
  return attemptLog.some((attempt) => attempt.startedAt === startedAt);
}

function endOf({ state, error }: Job): Pick<JobEvent, "text" | "tone"> {
  if (state === "succeeded") return { text: "Succeeded", tone: "good" };
  if (state === "cancelled") return { text: "Cancelled", tone: "muted" };
  return { text: `Failed${error ? `: ${error.name}` : ""}`, tone: "bad" };
}

/** The stretches of the job's life until `now`, without gaps: what is no attempt is waiting. */
export function spansOf(job: Job, now: number): Span[] {
  const { submittedAt, startedAt, finishedAt, state, attempts, attemptLog = [] } = job;
  const runs: Span[] = attemptLog.map(({ attempt, startedAt: from, endedAt: to, outcome }) => ({
    kind: outcome === "failed" ? "failed" : "cancelled",
    ...{ from: timeOf(from), to: timeOf(to), label: `Attempt ${attempt}` },
  }));
  if (startedAt !== undefined && !isLogged(job, startedAt) && state !== "queued") {
    const kind = state === "running" ? "running" : state;
    runs.push({
      kind,
      from: timeOf(startedAt),
      to: finishedAt ? timeOf(finishedAt) : now,
      label: `Attempt ${attempts}`,
    });
  }
  const end = finishedAt ? timeOf(finishedAt) : now;
  const spans: Span[] = [];
  let at = timeOf(submittedAt);
  for (const run of runs.sort((one, other) => one.from - other.from)) {
    if (run.from > at) spans.push({ kind: "waiting", from: at, to: run.from, label: "Waiting" });
    const from = Math.max(at, run.from);
    at = Math.max(from, run.to);
    spans.push({ ...run, from, to: at });
  }
  if (end > at) spans.push({ kind: "waiting", from: at, to: end, label: "Waiting" });
  return spans;
}

function timeOf(at: string): number {
  return Date.parse(at);
}
