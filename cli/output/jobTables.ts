import type { Job, JobState, JobType, ListedSchedule, PastCounts, Waiting } from "../../client/index";
import { capacityReasons } from "../../contract/fleet/history";
import { plainTable } from "./plainTable";
import { printableJson } from "./printable";
import { cut, paint, singleLine, type Styled, type StyleName } from "./styled";
import { out } from "./terminal";
import { shortTime } from "./times";
import { usageText } from "./usageTables";

const colours: Record<JobState, StyleName> = {
  queued: "cyan",
  running: "yellow",
  succeeded: "green",
  failed: "red",
  cancelled: "magenta",
};

/** Most columns of a note without a terminal to bound it. */
const longestNote = 80;

/** Jobs, one a line. */
export function renderJobs(jobs: readonly Job[], width = out.columns): Styled {
  const rows = jobs.map((job) => [
    job.id,
    job.type,
    state(job),
    String(job.attempts),
    out.isTerminal ? shortTime(job.submittedAt) : job.submittedAt,
    cut(singleLine(noteOf(job)), longestNote),
  ]);
  const columns = [
    { head: "ID" },
    { head: "TYPE", least: 8 },
    { head: "STATE", least: 9 },
    { head: "ATTEMPTS", rank: 1 },
    { head: "SUBMITTED", rank: 2 },
    { head: "NOTE", least: 12, rank: 3 },
  ];
  return plainTable(columns, rows, width);
}

/** All known fields of a job, one per line. */
export function renderJob(job: Job): Styled {
  const { id, type, attempts, progress, payloadRef, error, submittedAt, startedAt, finishedAt, runAt } = job;
  const rows: [string, Styled | undefined][] = [
    ["id", id],
    ["url", job.url],
    ["type", type],
    ["state", state(job)],
    ["waiting", job.waiting && waitingText(job.waiting)],
    ["payload", payloadRef ? placeOf(payloadRef) : job.payload === undefined ? undefined : printableJson(job.payload)],
    ["tenant", job.tenant],
    ["labels", job.labels && labelsText(job.labels)],
    ["attempts", String(attempts)],
    ["progress", progress && progressText(progress)],
    ["checkpoint", job.checkpointAt],
    ["submitted", withName(submittedAt, job.submittedBy)],
    ["replay of", job.replayOf],
    ["not before", runAt],
    ["started", startedAt],
    ["finished", finishedAt],
    ["used", job.usage && `${usageText(job.usage)} of an instance`],
    ["cancel asked", withName(job.cancelRequestedAt, job.cancelledBy)],
    ["retried", withName(job.retriedAt, job.retriedBy)],
    ["data removed", withName(job.dataRemovedAt, job.dataRemovedBy)],
    ["error", error && `${error.name}: ${error.message}`],
    ...frameRows(error?.frames),
    ...attemptRows(job.attemptLog),
    ["result", resultText(job)],
  ];
  return renderFields(rows);
}

function resultText(job: Job): string | undefined {
  const { resultRef, resultOmitted } = job;
  if (resultOmitted) return `left out: ${resultOmitted.reason}`;
  if (resultRef) return `${placeOf(resultRef)}; --json fetches it`;
  return job.result === undefined ? undefined : printableJson(job.result);
}

/** Words for a value in S3. */
function placeOf({ bytes }: { bytes: number }): string {
  return `in S3, ${bytes} bytes`;
}

function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

function withName(time: string | undefined, name: string | undefined): string | undefined {
  return time && name ? `${time} by ${name}` : time;
}

/** Columns of an attempt's line, beside the name of its field. */
const attemptColumns = 66;

/** The attempts that failed, were given back or lost their workers. */
function attemptRows(attempts: Job["attemptLog"] = []): [string, Styled][] {
  return attempts.map(({ attempt, worker, startedAt, endedAt, outcome, error }, index) => {
    const ran = `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000).toFixed(1)} s`;
    const what = `#${attempt} ${outcome.replace("-", " ")} after ${ran} on ${worker}`;
    const why = error ? `: ${error.name}: ${error.message}` : "";
    return [index === 0 ? "earlier" : "", cut(singleLine(what + why), attemptColumns)];
  });
}

/** The handler's own lines at which an error was thrown, the innermost first. */
export function frameRows(frames: string[] = []): [string, string][] {
  return frames.map((frame, index) => [index === 0 ? "thrown at" : "", frame]);
}

/** Names and values, one per line, less those without a value. */
export function renderFields(rows: readonly [string, Styled | undefined][]): Styled {
  const known = rows.filter((row): row is [string, Styled] => row[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value], index) => [
    index === 0 ? "" : "\n",
    paint.dim(name.padEnd(width)),
    "  ",
    singleLine(value),
  ]);
}

export function renderTypes(types: JobType[], now: Date): Styled {
  const rows = types.map((each) => {
    const { type, counts = {}, instances, timeoutSeconds, maxAttempts, machineImage, launchProblem } = each;
    const numbers = [counts.waiting, counts.running, instances?.inService, counts.deadLetters];
    return [
      type,
      ...numbers.map((number) => String(number ?? "")),
      `${timeoutSeconds} s`,
      String(maxAttempts),
      ageOf(machineImage?.createdAt, now),
      launchProblem ? paint.red(`no worker starts: ${launchProblem}`) : (each.description ?? ""),
    ];
  });
  const columns = [
    { head: "TYPE" },
    { head: "WAITING", rank: 7, align: "right" as const },
    { head: "RUNNING", rank: 6, align: "right" as const },
    { head: "INSTANCES", rank: 5, align: "right" as const },
    { head: "DEAD", rank: 4, align: "right" as const },
    { head: "TIMEOUT", rank: 2 },
    { head: "ATTEMPTS", rank: 1 },
    { head: "IMAGE AGE", rank: 3 },
    { head: "DESCRIPTION", least: 20 },
  ];
  return plainTable(columns, rows, out.columns);
}

export function renderHistory(history: PastCounts[]): Styled {
  const rows = history.map(({ at, waiting, running, inService, pending, desired, reason }) => [
    out.isTerminal ? shortTime(at) : at,
    ...[waiting, running, inService, pending, desired].map(String),
    reason === undefined ? "" : (capacityReasons[reason] ?? reason),
  ]);
  const numbers = ["WAITING", "RUNNING", "INSTANCES", "STARTING", "WANTED"];
  const columns = [
    { head: "TIME" },
    ...numbers.map((head) => ({ head, align: "right" as const })),
    { head: "WHY", least: 12, rank: 1 },
  ];
  return plainTable(columns, rows, out.columns);
}

export function renderSchedules(schedules: ListedSchedule[]): Styled {
  const rows = schedules.map(({ name, type, expression, timeZone = "UTC", next, enabled }) => [
    ...[name, type, enabled === false ? `off: ${expression}` : expression, timeZone],
    next === undefined ? "" : next[0] === undefined ? "never again" : out.isTerminal ? shortTime(next[0]) : next[0],
  ]);
  const columns = [
    { head: "NAME" },
    { head: "TYPE" },
    { head: "EXPRESSION", least: 20 },
    { head: "TIME ZONE", rank: 1 },
    { head: "NEXT", rank: 2 },
  ];
  return plainTable(columns, rows, out.columns);
}

/** Age of a machine image, in days. */
function ageOf(createdAt: string | undefined, now: Date): string {
  return createdAt === undefined ? "" : `${Math.floor((now.getTime() - Date.parse(createdAt)) / 86_400_000)} d`;
}

/** Reasons that a list shows; of the others the job itself tells. */
const fleetReasons: Waiting["reason"][] = ["no-workers", "starting", "behind", "unpublished"];

/** Reason why a job waits. */
export function waitingText({ reason, detail, since, until, ahead, estimatedStartAt }: Waiting): string {
  const times = [
    since && `since ${since}`,
    until && `until ${until}`,
    estimatedStartAt && `starts by ${estimatedStartAt}`,
  ];
  const shown = times.filter(Boolean).join(", ");
  const name = reason === "unknown" ? "" : `${reason.replace(/-/g, " ")}: `;
  return `${name}${detail}${ahead ? `; about ${ahead} wait` : ""}${shown && ` (${shown})`}`;
}

function progressText({ fraction, note }: { fraction: number; note?: string }): string {
  return `${Math.round(fraction * 100)} %${note ? ` ${note}` : ""}`;
}

function state({ state: name, cancelRequestedAt }: Job): Styled {
  const text = name === "running" && cancelRequestedAt ? "running (to be cancelled)" : name;
  return { style: colours[name], content: text };
}

function noteOf({ state: name, error, progress, runAt, waiting }: Job): string {
  if (waiting && fleetReasons.includes(waiting.reason))
    return `${waiting.reason.replace(/-/g, " ")}: ${waiting.detail}`;
  if (error && name !== "succeeded") return `${error.name}: ${error.message}`;
  if (progress && name === "running") return progressText(progress);
  return runAt && name === "queued" ? `not before ${out.isTerminal ? shortTime(runAt) : runAt}` : "";
}
