import { type Column, plainTable } from "../cli/output/plainTable";
import { paint, type Styled } from "../cli/output/styled";
import { out } from "../cli/output/terminal";
import type { Job } from "../client/index";

/** A job of the demo. */
export interface DemoJob {
  type: string;
  file: string;
  payload: object;
  /** The job once it has ended. */
  view?: Job<Record<string, unknown>>;
}

const columns: Column[] = [
  { head: "File", least: 12 },
  { head: "Job type" },
  { head: "State" },
  { head: "Waited", align: "right", rank: 1 },
  { head: "Ran", align: "right", rank: 2 },
  { head: "Result", least: 20 },
];

/** A table of jobs, one per row; if the terminal is too narrow, results and file names are cut. */
export function renderJobs(jobs: DemoJob[], width = out.columns): Styled {
  const rows = jobs.map(({ file, type, view }) => {
    const state = view?.state ?? "unknown";
    return [
      file,
      type,
      state === "succeeded" ? paint.green(state) : paint.red(state),
      duration(view?.submittedAt, view?.startedAt),
      duration(view?.startedAt, view?.finishedAt),
      summarise(type, view),
    ];
  });
  return plainTable(columns, rows, width);
}

function duration(from?: string, to?: string): string {
  return from && to ? `${Date.parse(to) - Date.parse(from)} ms` : "–";
}

function summarise(type: string, view: DemoJob["view"]): string {
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
      return `${String(result.output)}, ${grouped(result.width)}×${grouped(result.height)}`;
    default:
      return JSON.stringify(result);
  }
}

function grouped(value: unknown): string {
  return Number(value).toLocaleString("en-US");
}
