import Table from "cli-table3";
import type { createLogUpdate } from "log-update" with { "resolution-mode": "import" };
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pc from "picocolors";
import type { LocalCloud } from "../cloud";
import { packageRoot } from "../packageFolder";
import { Fleet, FleetEvent, FleetRow } from "./fleet";
import { printable } from "./printable";

const refreshMilliseconds = 500;

/** Rows of the terminal that the table, its title and the prompt take beside the types and events. */
const otherRows = 8;

const head = ["Job type", "Waiting", "In flight", "Desired", "In service", "Pending", "Ending", "Busy"];

/** The fleet and what happened lately, as text that fits the terminal. */
export function renderFleet(
  rows: readonly FleetRow[],
  events: readonly FleetEvent[],
  size: { columns: number; rows: number },
): string {
  const isColoured = pc.isColorSupported;
  const table = new Table({
    head,
    colAligns: ["left", ...Array<"right">(head.length - 1).fill("right")],
    style: { head: isColoured ? ["bold"] : [], border: isColoured ? ["gray"] : [], compact: true },
  });
  for (const { type, visible, inFlight, desired, inService, pending, terminating, busy } of rows) {
    const counts = [visible, inFlight, desired, inService, pending, terminating, busy];
    table.push([type, ...counts.map((count) => (count === 0 ? pc.dim("0") : String(count)))]);
  }
  const room = Math.max(1, size.rows - rows.length - otherRows);
  const lines = events.slice(-room).map(({ at, text }) => {
    const line = `${at.toTimeString().slice(0, 8)}  ${printable(text)}`;
    return pc.dim(line.length > size.columns ? `${line.slice(0, size.columns - 1)}…` : line);
  });
  return [table.toString(), ...lines].join("\n");
}

/** Shows the fleets of queues by type until the returned function is called, which leaves the last picture. */
export async function showFleet(
  fleet: Fleet,
  cloud: LocalCloud,
  queueUrls: Record<string, string>,
): Promise<() => void> {
  const logUpdate = await loadLogUpdate();
  const update = logUpdate.createLogUpdate(process.stdout, { showCursor: true });
  const draw = () => {
    const { columns = 80, rows = 24 } = process.stdout;
    update(renderFleet(fleet.look(cloud, queueUrls), fleet.events, { columns, rows }));
  };
  draw();
  const timer = setInterval(draw, refreshMilliseconds);
  return () => {
    clearInterval(timer);
    update.done();
  };
}

/** From the bundle that tools/bundles.mjs makes, since it and all below it are ES modules only. */
function loadLogUpdate(): Promise<{ createLogUpdate: typeof createLogUpdate }> {
  const file = join(packageRoot(), "dist", "local", "vendor", "logUpdate.js");
  return import(pathToFileURL(file).href) as ReturnType<typeof loadLogUpdate>;
}
