import type { Job, JobType } from "../../client/index";
import { renderJobs } from "./jobTables";
import { type Column, plainTable } from "./plainTable";
import { cut, paint, singleLine, type Styled } from "./styled";

/** A stack at one moment: its types, and the jobs that failed last. */
export interface Overview {
  types: readonly JobType[];
  failed: readonly Job[];
}

const columns: Column[] = [
  { head: "TYPE", least: 12 },
  { head: "WAITING", align: "right" },
  { head: "RUNNING", align: "right" },
  { head: "DELAYED", rank: 1, align: "right" },
  { head: "OLDEST", rank: 3, align: "right" },
  { head: "INSTANCES", rank: 4, align: "right" },
  { head: "SLOTS", rank: 2, align: "right" },
  { head: "DEAD", align: "right" },
];

/** Lines beside those of needs, types and failed jobs: two titles, two heads, two gaps, what is said, the cursor's. */
const otherLines = 8;

/**
 * The overview as content that fits the terminal: what needs the person first, then types, then failed jobs. What has
 * no room is counted. `said`: one more line, such as why there is no newer one.
 */
export function renderOverview(
  { types, failed }: Overview,
  size: { columns: number; rows: number },
  said: Styled = "",
): Styled {
  const needs = types.flatMap(needsOf);
  const room = Math.max(3, size.rows - otherLines);
  const shownNeeds = fitted(needs, Math.max(1, Math.floor(room / 3)));
  // Types with something to see come first where not all have room.
  const sorted =
    types.length > room - shownNeeds.length ? [...types].sort((one, other) => work(other) - work(one)) : types;
  const typeRoom = Math.max(1, room - shownNeeds.length - Math.min(failed.length, 3));
  const shownTypes = sorted.slice(0, sorted.length > typeRoom ? Math.max(1, typeRoom - 1) : typeRoom);
  const hidden = types.length - shownTypes.length;
  const failedRoom = Math.max(0, room - shownNeeds.length - shownTypes.length - (hidden > 0 ? 1 : 0));
  const title =
    needs.length === 0
      ? paint.green("✔ Nothing needs you: no dead letters, and workers start")
      : paint.bold(needs.length === 1 ? "1 thing needs you" : `${needs.length} things need you`);
  const lines: Styled[] = [
    title,
    ...shownNeeds.map((need): Styled => cut(singleLine(need), size.columns)),
    "",
    plainTable(columns, shownTypes.map(rowOf), size.columns),
    ...(hidden > 0 ? [paint.dim(`and ${hidden} more`)] : []),
    ...(failed.length > 0 && failedRoom > 0
      ? ["", paint.bold("Failed last"), renderJobs(failed.slice(0, failedRoom), size.columns)]
      : []),
    ...(said === "" ? [] : [cut(singleLine(said), size.columns)]),
  ];
  return lines.flatMap((line, index) => (index === 0 ? [line] : ["\n", line]));
}

function rowOf({ type, counts = {}, instances, slots, oldestSeconds, launchProblem }: JobType): Styled[] {
  const { waiting, running, delayed, deadLetters = 0 } = counts;
  const fleet =
    instances && `${instances.inService}${instances.pending > 0 ? `+${instances.pending}` : ""}/${instances.max}`;
  return [
    launchProblem ? paint.red(type) : type,
    ...[waiting, running, delayed].map(figure),
    oldestSeconds === undefined ? "" : `${oldestSeconds} s`,
    fleet ?? "",
    slots ? `${slots.busy}/${slots.all}` : "",
    deadLetters > 0 ? paint.red(String(deadLetters)) : figure(counts.deadLetters),
  ];
}

function figure(number: number | undefined): Styled {
  return number === 0 ? paint.dim("0") : String(number ?? "");
}

function needsOf({ type, launchProblem, counts }: JobType): Styled[] {
  const letters = counts?.deadLetters ?? 0;
  const some = letters === 1 ? "1 dead letter" : `${letters} dead letters`;
  return [
    ...(launchProblem ? [[paint.red("✖"), ` ${type}: no worker starts: ${launchProblem}`]] : []),
    ...(letters > 0 ? [[paint.red("✖"), ` ${type}: ${some}: batch-jobs failures --type ${type}`]] : []),
  ];
}

function work({ counts = {}, launchProblem }: JobType): number {
  const { waiting = 0, running = 0, deadLetters = 0 } = counts;
  return launchProblem ? Infinity : waiting + running + deadLetters;
}

/** The lines, or those that have room, and how many there are beside them. */
function fitted(lines: readonly Styled[], room: number): Styled[] {
  if (lines.length <= room) return [...lines];
  const shown = lines.slice(0, Math.max(1, room - 1));
  return [...shown, paint.dim(`and ${lines.length - shown.length} more`)];
}
