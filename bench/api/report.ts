import { defaults } from "../../components/args/defaults";
import { type costOf } from "./cost";
import type { Accepted, Mode, Processed } from "./measure";
import { prices } from "./prices";

/** Figures of one way to submit. */
export interface ModeReport {
  mode: Mode;
  ours: Processed;
  peer: Accepted;
  /** Of the jobs accepted in a second, ours to the peer's. */
  ratio: number;
  cost: ReturnType<typeof costOf>;
  target: number;
  /** Of each function's invocations, the median. */
  milliseconds: Record<string, number>;
}

const begin = "<!-- begin: npm run bench:api -- --write -->";
const end = "<!-- end -->";
const heading = "## Per million jobs";

/** The document with the tables in the place of those before, or at its end. */
export function withTable(text: string, reports: ModeReport[], about: string): string {
  const section = `${begin}\n\n${about}\n\n${render(reports)}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) {
    const start = text.includes(heading) ? text.trimEnd() : `${text.trimEnd()}\n\n${heading}`;
    return `${start}\n\n${section}\n`;
  }
  const to = text.indexOf(end, from);
  if (to < 0) throw new Error(`Expected ${end} after ${begin}, found none`);
  return text.slice(0, from) + section + text.slice(to + end.length);
}

/** The tables, in Markdown. */
export function render(reports: ModeReport[]): string {
  return [speeds(reports), ...reports.map(costs), lambdaTime(reports), byTime(reports)].join("\n\n");
}

function speeds(reports: ModeReport[]): string {
  const rows = reports.flatMap(({ mode, ours, peer, ratio }) => [
    [
      `${mode.name}, ${mode.concurrency} requests at once`,
      ours.jobsPerSecond.toFixed(0),
      milliseconds(ours.answerP50Ms, ours.answerP99Ms),
      milliseconds(ours.resultP50Ms, ours.resultP99Ms),
      ratio.toFixed(2),
    ],
    [
      `the peer, ${mode.name}`,
      peer.jobsPerSecond.toFixed(0),
      milliseconds(peer.answerP50Ms, peer.answerP99Ms),
      "–",
      "1",
    ],
  ]);
  return table(["", "accepted jobs/s", "POST to answer, p50 / p99", "POST to result, p50 / p99", "ratio"], rows);
}

function costs({ mode, cost, target }: ModeReport): string {
  const rows = cost.rows.map(({ kind, callsPerJob, unitsPerJob, price, dollars }) => [
    kind,
    callsPerJob.toFixed(4),
    unitsPerJob.toFixed(4),
    `$${price.toFixed(3)}`,
    `$${dollars.toFixed(4)}`,
  ]);
  const total = [
    "**a million jobs**",
    "",
    "",
    "",
    `**$${cost.dollars.toFixed(2)}**, at most $${target.toFixed(2)} wanted`,
  ];
  const head = [
    `Jobs submitted ${mode.name}`,
    "calls per job",
    "billed units per job",
    "a million units",
    "a million jobs",
  ];
  return table(head, [...rows, total]);
}

/** Not part of the total: on AWS the functions wait for other services than here. */
function lambdaTime([singly]: ModeReport[]): string {
  const sizes: [part: string, megabytes: number][] = [
    ["front end", defaults.frontend.memorySize],
    ["router", defaults.router.memorySize],
  ];
  const parts = sizes.map(([part, megabytes]) => {
    const each = (prices.lambdaGbSecond * megabytes) / 1_024 / 1_000;
    const here = singly?.milliseconds[part] ?? NaN;
    return `$${each.toFixed(4)} for each millisecond of the ${part} at ${megabytes} MB (${here.toFixed(0)} ms in the middle here, waiting for one of four processes included)`;
  });
  return `The functions' time comes on top, for a million jobs submitted singly: ${parts.join(", and ")}.`;
}

function byTime([singly]: ModeReport[]): string {
  if (!singly) return "";
  const names = Object.entries(singly.ours.byTime).map(([kind, count]) => `${plain(kind)} (${count})`);
  return `Counted apart, since it goes by time and not by jobs, in ${singly.ours.seconds.toFixed(0)} s: ${names.join(", ") || "nothing"}.`;
}

/** Without what the deployment made of a name. */
function plain(kind: string): string {
  return kind.replace(/bench-[\w-]*?(frontend|router|repair|scaler)[\w-]*/g, "$1").replace(/^i-\w+/, "worker");
}

function milliseconds(p50: number, p99: number): string {
  return `${p50.toFixed(0)} / ${p99.toFixed(0)} ms`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}
