import { Job } from "./handler";
import { HandlerThread, HandlerThreadOptions } from "./handlerThread";
import { RunEvents, Runner, RunOutcome } from "./runner";

/** Runs JavaScript handlers in worker threads: one for each job at work, reused from job to job. */
export class ThreadRunner implements Runner {
  private readonly threads = new Set<HandlerThread>();
  private readonly idle: HandlerThread[] = [];

  constructor(private readonly options: HandlerThreadOptions) {}

  async start(): Promise<void> {
    const thread = this.spawn();
    await thread.ready;
    this.idle.push(thread);
  }

  async run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    if (signal.aborted) return { kind: "stopped" };
    const thread = this.idleThread() ?? this.spawn();
    const outcome = await thread.run(job, signal, events);
    if (thread.isAlive) this.idle.push(thread);
    else this.threads.delete(thread);
    return outcome;
  }

  hurry(): void {
    for (const thread of this.threads) thread.hurry();
  }

  async close(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.kill()));
    this.threads.clear();
    this.idle.length = 0;
  }

  private idleThread(): HandlerThread | undefined {
    for (;;) {
      const thread = this.idle.pop();
      if (!thread || thread.isAlive) return thread;
      // It died after its job was done; nobody is waiting for it.
      this.threads.delete(thread);
    }
  }

  private spawn(): HandlerThread {
    const thread = new HandlerThread(this.options);
    this.threads.add(thread);
    return thread;
  }
}
