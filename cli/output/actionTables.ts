import type { Action, FailureGroup, JobFilter } from "../../client/index";
import { renderFields } from "./jobTables";
import { plainTable } from "./plainTable";
import { cut, paint, singleLine, type Styled } from "./styled";
import { out } from "./terminal";
import { shortTime } from "./times";

/** A number of jobs, such as `3,000 jobs`. */
export function jobCount(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "job" : "jobs"}`;
}

/** A filter on one line. */
export function filterText({ type, ...more }: JobFilter): string {
  const fields = Object.entries(more).map(([name, value]) => `, ${names[name] ?? name} ${value}`);
  return `type ${type}${fields.join("")}`;
}

const names: Record<string, string> = { errorName: "error", errorKey: "error" };

/** Actions, one a line. */
export function renderActions(actions: Action[]): Styled {
  const rows = actions.map(({ id, action, dryRun, state, counts, filter, by = "", startedAt }) => [
    id,
    dryRun ? `count (${action})` : action,
    state,
    String(dryRun ? counts.matched : counts.done),
    out.isTerminal ? shortTime(startedAt) : startedAt,
    filter ? filterText(filter) : "by ids",
    by,
  ]);
  const columns = [
    { head: "ID" },
    { head: "ACTION", least: 6 },
    { head: "STATE" },
    { head: "JOBS", align: "right" as const },
    { head: "STARTED", rank: 3 },
    { head: "FILTER", least: 12, rank: 2 },
    { head: "BY", least: 12, rank: 1 },
  ];
  return plainTable(columns, rows, out.columns);
}

/** Widest value of a field without a terminal to bound it. */
const widestValue = 66;

/** An action in full, with the jobs that it left as they were. */
export function renderAction(action: Action): Styled {
  const { id, dryRun, filter, ratePerSecond, reason, state, counts, problems = [], by, startedAt, finishedAt } = action;
  const fields = renderFields([
    ["id", id],
    ["action", dryRun ? `count (${action.action})` : action.action],
    ["filter", filter && cut(singleLine(filterText(filter)), widestValue)],
    ["rate", ratePerSecond === undefined ? undefined : `${ratePerSecond} a second`],
    ["reason", reason && cut(singleLine(reason), widestValue)],
    ["state", state],
    ["found", jobCount(counts.matched)],
    ...(dryRun ? [] : ([["done", jobCount(counts.done)]] as [string, string][])),
    ["skipped", counts.skipped ? jobCount(counts.skipped) : undefined],
    ["failed", counts.failed ? paint.red(jobCount(counts.failed)) : undefined],
    ["by", by && cut(singleLine(by), widestValue)],
    ["started", startedAt],
    ["finished", finishedAt],
  ]);
  if (problems.length === 0) return fields;
  const left = problems.map(({ id: jobId, code }) => [jobId, code]);
  return [fields, "\n\n", plainTable([{ head: "LEFT AS IT WAS", least: 20 }, { head: "WHY" }], left, out.columns)];
}

/** Groups of failed jobs, one a line, the most frequent error first. */
export function renderFailures(groups: FailureGroup[]): Styled {
  const rows = groups.map(({ count, type, lastAt, errorKey, example }) => [
    String(count),
    type,
    out.isTerminal ? shortTime(lastAt) : lastAt,
    example.id,
    errorKey,
  ]);
  const columns = [
    { head: "JOBS", align: "right" as const },
    { head: "TYPE", least: 8 },
    { head: "LAST", rank: 2 },
    { head: "EXAMPLE", rank: 1 },
    { head: "ERROR", least: 30 },
  ];
  return plainTable(columns, rows, out.columns);
}
