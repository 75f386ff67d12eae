import Table from "cli-table3";
import pc from "picocolors";
import { DemoJob, JobView } from "./demoJobs";
import { printable } from "./printable";

const head = ["File", "Job type", "State", "Waited", "Ran", "Result"];

/** A table of jobs, a row each; where the terminal is too narrow, file names and results are cut. */
export function renderJobs(jobs: DemoJob[], columns = process.stdout.columns ?? Infinity): string {
  const rows = jobs.map(({ file, type, view }) => [
    printable(file),
    type,
    view?.state ?? "unknown",
    duration(view?.submittedAt, view?.startedAt),
    duration(view?.startedAt, view?.finishedAt),
    printable(summarise(type, view)),
  ]);
  const table = new Table({
    head,
    colWidths: widths([head, ...rows], columns),
    colAligns: ["left", "left", "left", "right", "right", "left"],
    style: { head: pc.isColorSupported ? ["bold"] : [], border: pc.isColorSupported ? ["gray"] : [], compact: true },
  });
  for (const [file, type, state, ...rest] of rows) {
    table.push([file, type, state === "succeeded" ? pc.green(state) : pc.red(state), ...rest]);
  }
  return table.toString();
}

const minCutWidth = 12;

/** Widths of the columns, padding included: as wide as their texts, and the first and last cut to what is left. */
function widths(rows: string[][], columns: number): number[] {
  const natural = head.map((_, column) => 2 + Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const borders = head.length + 1;
  let excess = natural.reduce((sum, width) => sum + width, borders) - columns;
  for (const column of [head.length - 1, 0]) {
    const cut = Math.max(0, Math.min(excess, natural[column]! - minCutWidth));
    natural[column]! -= cut;
    excess -= cut;
  }
  return natural;
}

function duration(from?: string, to?: string): string {
  return from && to ? `${Date.parse(to) - Date.parse(from)} ms` : "–";
}

function summarise(type: string, view?: JobView): string {
  const result = view?.result;
  if (!result) return view?.error?.message ?? "";
  switch (type) {
    case "word-count": {
      const [top] = result.top as { word: string; count: number }[];
      return `${grouped(result.words)} words${top ? `, most often “${top.word}” (${top.count})` : ""}`;
    }
    case "checksum":
      return `${String(result.sha256).slice(0, 12)}…, ${grouped(result.bytes)} bytes`;
    case "thumbnail":
      return `${grouped(result.width)}×${grouped(result.height)}, ${String(result.output)}`;
    default:
      return JSON.stringify(result);
  }
}

function grouped(value: unknown): string {
  return Number(value).toLocaleString("en-US");
}
