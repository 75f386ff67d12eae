import Table from "cli-table3";
import pc from "picocolors";
import { DemoJob, JobView } from "./demoJobs";

/** A table of jobs, a row each. */
export function renderJobs(jobs: DemoJob[]): string {
  const table = new Table({
    head: ["File", "Job type", "State", "Waited", "Ran", "Result"],
    colAligns: ["left", "left", "left", "right", "right", "left"],
    style: { head: pc.isColorSupported ? ["bold"] : [], border: pc.isColorSupported ? ["gray"] : [], compact: true },
  });
  for (const { file, type, view } of jobs) {
    const state = view?.state === "succeeded" ? pc.green("succeeded") : pc.red(view?.state ?? "unknown");
    const waited = duration(view?.submittedAt, view?.startedAt);
    table.push([file, type, state, waited, duration(view?.startedAt, view?.finishedAt), summarise(type, view)]);
  }
  return table.toString();
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
