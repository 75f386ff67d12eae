import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Log } from "../../../contract/log";
import { type EndedAttempt } from "../job/trace";
import { type Clock, sleep } from "../support/clock";
import type * as Bundle from "./openTraces";
import { type TraceOptions } from "./openTraces";

/** At most one line is logged in this time. */
const quietMilliseconds = 60_000;

/** Longest time for the last export, at the worker's end. */
const closeMilliseconds = 2_000;

/** Loads the bundle with OpenTelemetry's SDK, which nothing else of the worker needs, and opens the export of spans. */
export async function loadTraces({
  clock,
  log,
  ...options
}: Omit<TraceOptions, "onProblem"> & { clock: Clock; log: Log }) {
  const bundle = pathToFileURL(path.join(__dirname, "openTraces.js")).href;
  const { openTraces } = (await import(bundle)) as typeof Bundle;
  let quietUntil = 0;
  const traces = openTraces({
    ...options,
    onProblem(reason) {
      if (clock.now() < quietUntil) return;
      quietUntil = clock.now() + quietMilliseconds;
      log("warn", "traces-not-exported", { reason });
    },
  });
  return {
    add: (attempt: EndedAttempt) => traces.add(attempt),
    /** Exports what is left, as far as the time allows. */
    close: () => Promise.race([traces.close(), sleep(clock, closeMilliseconds)]),
  };
}
