import { rm } from "node:fs/promises";
import { type Job } from "../handler";
import { placePayload } from "../placePayload";
import { type RunEvents, type Runner, type RunOutcome } from "../runner";
import { HandlerProcess, type HandlerProcessOptions } from "./handlerProcess";

/** Runs JavaScript handlers in processes: one for each running job, reused from job to job. */
export class HandlerRunner implements Runner {
  private readonly processes = new Set<HandlerProcess>();
  private readonly idle: HandlerProcess[] = [];

  constructor(private readonly options: HandlerProcessOptions) {}

  async start(): Promise<void> {
    const { folders, groups } = this.options;
    await Promise.all([folders.start(), groups.start()]);
    const process = this.spawn();
    await process.ready;
    this.idle.push(process);
  }

  async run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    let checkpoint: string | undefined;
    const onCheckpoint = (json: string) => events.onCheckpoint?.((checkpoint = json));
    const noted = { ...events, onCheckpoint: events.onCheckpoint && onCheckpoint };
    const { folders, payloads } = this.options;
    const isHandedOver = payloads === "file";
    const path = isHandedOver || events.fetchPayload ? folders.fileName() : undefined;
    try {
      for (let isFresh = false; !signal.aborted; isFresh = true) {
        const end = path === undefined ? undefined : await placePayload(job, path, events, folders.root);
        if (end) return end;
        const process = (isFresh ? undefined : this.idleProcess()) ?? this.spawn();
        // A handler that was interrupted goes on where it was.
        const current = {
          ...job,
          ...(path !== undefined && { payload: undefined }),
          ...(checkpoint !== undefined && { checkpoint: JSON.parse(checkpoint) as unknown }),
        };
        const outcome = await process.run(current, signal, noted, path === undefined ? path : { path, isHandedOver });
        if (process.isAlive) this.idle.push(process);
        else this.processes.delete(process);
        if (outcome.kind !== "interrupted") return outcome;
      }
      return { kind: "stopped" };
    } finally {
      if (path !== undefined) await rm(path, { force: true });
    }
  }

  killNow(): void {
    for (const process of this.processes) process.killNow();
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes].map((process) => process.kill()));
    this.processes.clear();
    this.idle.length = 0;
    this.options.groups.close();
    await this.options.folders.close();
  }

  private idleProcess(): HandlerProcess | undefined {
    for (;;) {
      const process = this.idle.pop();
      if (!process || process.isAlive) return process;
      // It died after its job was done; no job waits for it.
      this.processes.delete(process);
    }
  }

  private spawn(): HandlerProcess {
    const process = new HandlerProcess(this.options);
    this.processes.add(process);
    return process;
  }
}
