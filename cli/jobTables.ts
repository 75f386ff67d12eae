import Table from "cli-table3";
import pc from "picocolors";
import type { Job, JobState, JobType } from "../client";

const colours: Record<JobState, (text: string) => string> = {
  queued: pc.cyan,
  running: pc.yellow,
  succeeded: pc.green,
  failed: pc.red,
  cancelled: pc.magenta,
};

/** A table of aligned columns, without lines, so that it can be cut and pasted. */
export function plainTable(head: string[], rows: string[][]): string {
  const chars = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"];
  const others = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"];
  const table = new Table({
    head: head.map((text) => pc.bold(text)),
    chars: { ...Object.fromEntries([...chars, ...others].map((name) => [name, ""])), middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(...rows);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Jobs, one a line. */
export function renderJobs(jobs: Job[]): string {
  const rows = jobs.map((job) => [job.id, job.type, state(job), String(job.attempts), job.submittedAt, noteOf(job)]);
  return plainTable(["ID", "TYPE", "STATE", "ATTEMPTS", "SUBMITTED", "NOTE"], rows);
}

/** All that is known of a job, one field a line. */
export function renderJob(job: Job): string {
  const { id, type, attempts, progress, resultOmitted, error, submittedAt, startedAt, finishedAt, runAt } = job;
  const rows: [string, string | undefined][] = [
    ["id", id],
    ["type", type],
    ["state", state(job)],
    ["attempts", String(attempts)],
    ["progress", progress && progressText(progress)],
    ["submitted", submittedAt],
    ["not before", runAt],
    ["started", startedAt],
    ["finished", finishedAt],
    ["cancel asked", job.cancelRequestedAt],
    ["error", error && oneLine(`${error.name}: ${error.message}`)],
    ["result", resultOmitted ? oneLine(`left out: ${resultOmitted.reason}`) : JSON.stringify(job.result)],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${pc.dim(name.padEnd(width))}  ${value}`).join("\n");
}

export function renderTypes(types: JobType[]): string {
  const rows = types.map(({ type, timeoutSeconds, maxAttempts, description, launchProblem }) => [
    type,
    `${timeoutSeconds} s`,
    String(maxAttempts),
    oneLine(launchProblem ? pc.red(`no worker starts: ${launchProblem}`) : (description ?? "")),
  ]);
  return plainTable(["TYPE", "TIMEOUT", "ATTEMPTS", "DESCRIPTION"], rows);
}

export function progressText({ fraction, note }: { fraction: number; note?: string }): string {
  return `${Math.round(fraction * 100)} %${note ? ` ${oneLine(note)}` : ""}`;
}

/** What others wrote, made fit for a line of a terminal: no line breaks, no control codes. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001a\u001c-\u001f\u007f-\u009f]+/g, " ").replace(/\u001b(?!\[\d+m)/g, " ");
}

function state({ state: name, cancelRequestedAt }: Job): string {
  const text = name === "running" && cancelRequestedAt ? "running (to be cancelled)" : name;
  return colours[name](text);
}

function noteOf({ state: name, error, progress, runAt }: Job): string {
  if (error && name !== "succeeded") return shortened(oneLine(`${error.name}: ${error.message}`));
  if (progress && name === "running") return shortened(progressText(progress));
  return runAt && name === "queued" ? `not before ${runAt}` : "";
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
