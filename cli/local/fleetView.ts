import type { LocalCloud } from "../../local-cloud/index";
import { openLiveView } from "../output/liveView";
import { type Column, plainTable } from "../output/plainTable";
import { cut, paint, singleLine, type Styled } from "../output/styled";
import { out } from "../output/terminal";
import { type Fleet, type FleetEvent, type FleetRow } from "./fleet";
import type { JobApi } from "./jobApis";

const refreshMilliseconds = 500;

/** Rows of the terminal that the table, its title and the prompt take, beyond types and events. */
const otherRows = 6;

const columns: Column[] = [
  { head: "Job type", least: 8 },
  { head: "Waiting", align: "right" },
  { head: "In flight", align: "right" },
  { head: "Desired", align: "right", rank: 3 },
  { head: "In service", align: "right" },
  { head: "Pending", align: "right", rank: 1 },
  { head: "Ending", align: "right", rank: 2 },
  { head: "Busy", align: "right" },
];

/** The fleet and its recent events, as content that fits the terminal. */
export function renderFleet(
  rows: readonly FleetRow[],
  events: readonly FleetEvent[],
  size: { columns: number; rows: number },
): Styled {
  const cells = rows.map(({ type, visible, inFlight, desired, inService, pending, terminating, busy }) => {
    const counts = [visible, inFlight, desired, inService, pending, terminating, busy];
    return [type, ...counts.map((count) => (count === 0 ? paint.dim("0") : String(count)))];
  });
  const room = Math.max(1, size.rows - rows.length - otherRows);
  const lines = events.slice(-room).map(({ at, text }): Styled => {
    const line = singleLine(`${at.toTimeString().slice(0, 8)}  ${text}`);
    return ["\n", paint.dim(cut(line, size.columns))];
  });
  return [plainTable(columns, cells, size.columns), "\n", ...lines];
}

/** Shows the fleets of the APIs' types until the returned function is called, which leaves the last picture. */
export async function showFleet(fleet: Fleet, cloud: LocalCloud, apis: JobApi[]): Promise<() => void> {
  const view = await openLiveView();
  const draw = () => {
    const { rows = 24 } = process.stdout;
    view.draw(renderFleet(fleet.look(cloud, apis), fleet.events, { columns: out.columns, rows }));
  };
  draw();
  const timer = setInterval(draw, refreshMilliseconds);
  return () => {
    clearInterval(timer);
    view.end();
  };
}
