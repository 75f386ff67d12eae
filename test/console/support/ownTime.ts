import type { Page } from "puppeteer-core";

/** An event of Chromium's trace; its times are in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  /** Time of the thread itself: what other processes take of the processor is not in it. */
  tdur?: number;
  args: { name?: string };
}

/** Events of the page's main thread while `run` runs, and its tasks among them. */
async function traced(page: Page, run: () => Promise<void>): Promise<{ own: TraceEvent[]; tasks: TraceEvent[] }> {
  await page.tracing.start({ categories: ["toplevel", "devtools.timeline"] });
  await run();
  const trace = new TextDecoder().decode(await page.tracing.stop());
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const events = threads.map((thread) =>
    traceEvents.filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid),
  );
  // Chromium keeps a renderer in reserve, which does next to nothing.
  const own = events.reduce((most, each) => (each.length > most.length ? each : most), []);
  return { own, tasks: own.filter(({ name }) => name === "ThreadControllerImpl::RunTask") };
}

/** Milliseconds of its own that the page's main thread works while `run` runs. */
export async function ownTime(page: Page, run: () => Promise<void>): Promise<number> {
  const { tasks } = await traced(page, run);
  return tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1_000;
}

/** The same by frame. */
export async function ownTimeOfFrames(page: Page, run: () => Promise<void>): Promise<number[]> {
  const { own, tasks } = await traced(page, run);
  const frames = own.filter(({ name, ph }) => name === "AnimationFrame" && ph === "b").map(({ ts }) => ts);
  frames.sort((one, other) => one - other);
  const sums = Array<number>(frames.length).fill(0);
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    // A frame is drawn within a task; those after it count to it, too.
    const at = frames.findLastIndex((from) => from < ts + dur);
    if (at >= 0) sums[at]! += tdur / 1_000;
  }
  return sums;
}
