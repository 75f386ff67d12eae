import { type JobError } from "../../../../contract/records/record";
import { killedByKernel } from "../memory";
import { type Exit } from "../processes/jobChild";
import { SaidLines } from "../saidLines";

/** Finds the reason why a handler's process ended by itself, with its last words on standard error. */
export class HandlerDeath {
  private said = new SaidLines();
  private isHeapFull = false;

  constructor(private readonly bounds: { maxHeapMegabytes: number; maxMemoryMegabytes: number }) {}

  /** Forgets the words of earlier jobs. */
  beginJob(): void {
    this.said = new SaidLines();
  }

  /** Takes a line of standard error. */
  add(line: string): void {
    if (line.includes("JavaScript heap out of memory")) this.isHeapFull = true;
    this.said.add(line);
  }

  causeOf({ code, signal, error, kernelKill }: Exit): JobError {
    if (error) return { name: "HandlerExit", message: `The handler's process could not be started: ${error.message}` };
    const { maxHeapMegabytes, maxMemoryMegabytes } = this.bounds;
    if (signal === "SIGABRT" && this.isHeapFull) {
      const message = `The handler ran out of memory: its heap may hold ${maxHeapMegabytes} MB`;
      return { name: "OutOfMemory", message };
    }
    if (signal === "SIGKILL" && kernelKill) return killedByKernel("handler", kernelKill, maxMemoryMegabytes);
    const words = this.said.text();
    const said = words === "" ? "" : `; on standard error: ${words}`;
    const hint = signal === "SIGKILL" ? ", as happens where memory runs out" : "";
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}${hint}`;
    return { name: "HandlerExit", message: `The handler's process ${how}${said}` };
  }
}
