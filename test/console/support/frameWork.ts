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

/** Milliseconds of its own that the page's main thread works for each frame while `run` runs. */
export async function frameWork(page: Page, run: () => Promise<void>): Promise<number[]> {
  await page.tracing.start({ categories: ["toplevel", "devtools.timeline"] });
  await run();
  const trace = new TextDecoder().decode(await page.tracing.stop());
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const works = threads.map(({ pid, tid }) => {
    const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid);
    const frames = own.filter(({ name, ph }) => name === "AnimationFrame" && ph === "b").map(({ ts }) => ts);
    frames.sort((one, other) => one - other);
    const sums = Array<number>(frames.length).fill(0);
    for (const { name, ts, dur = 0, tdur = 0 } of own) {
      if (name !== "ThreadControllerImpl::RunTask") continue;
      // A frame is drawn within a task; those after it count to it, too.
      const at = frames.findLastIndex((from) => from < ts + dur);
      if (at >= 0) sums[at]! += tdur / 1_000;
    }
    return sums;
  });
  // Chromium keeps a renderer in reserve, which draws nothing.
  return works.reduce((most, each) => (each.length > most.length ? each : most), []);
}
