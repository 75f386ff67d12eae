import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { exitCodes } from "../../../../contract/handlers/handler";
import { type JobError } from "../../../../contract/records/record";
import { toJobError } from "../../support/errors";
import { killedByKernel, noteKernelKill } from "../memory";
import { type ChildParts, JobChild } from "../processes/jobChild";
import { signalGroup } from "../processes/processGroups";
import { killGraceMilliseconds, type RunOutcome } from "../runner";
import { type CommandOutput } from "./commandOutput";

/** Longest wait for output after the process has ended: a stuck child may hold the pipes open. */
const lateOutputMilliseconds = 1_000;

/** A command's process; its input is a file. */
export type CommandChild = ChildProcessByStdio<null, Readable, Readable>;

/** One process of a command, from its start until all that it started is gone. */
export class CommandProcess {
  /** Outcome of the process; never rejects. */
  readonly ended: Promise<RunOutcome>;
  private readonly process: JobChild;
  private cancelGrace?: () => void;
  private death?: JobError;
  private giveUp: () => void = () => undefined;

  constructor(
    private readonly child: CommandChild,
    private readonly output: CommandOutput,
    private readonly parts: ChildParts,
    job: { mark: string; folder: string },
  ) {
    this.process = new JobChild(child, parts, { what: "command", isRootKept: false, ...job }, (error) => {
      this.death ??= error;
      this.kill();
    });
    output.listenTo(child.stdout, child.stderr);
    const stuck = new Promise<RunOutcome>(
      (resolve) => (this.giveUp = () => resolve({ kind: "stopped", isStuck: true })),
    );
    this.ended = Promise.race([this.follow(), stuck]);
  }

  /** Sends SIGTERM to all that it started, and SIGKILL after the grace. */
  stop(): void {
    if (this.cancelGrace) return;
    const { processes, clock } = this.parts;
    const group = this.child.pid!;
    signalGroup(group, "SIGTERM");
    processes.signalOutside(this.process.tracked, group, "SIGTERM");
    this.cancelGrace = clock.after(killGraceMilliseconds, () => this.kill());
  }

  /** Kills all that it started if it is stopping. */
  killNow(): void {
    if (this.cancelGrace) this.kill();
  }

  kill(): void {
    void this.process.kill().then((isDead) => {
      if (!isDead) this.giveUp();
    });
  }

  private async follow(): Promise<RunOutcome> {
    const { clock, maxMemoryMegabytes } = this.parts;
    const closed = new Promise<void>((resolve) => this.child.once("close", () => resolve()));
    const { code, signal, kernelKill } = await this.process.exited;
    this.cancelGrace?.();
    this.process.end();
    const giveUp = clock.after(lateOutputMilliseconds, () => {
      this.child.stdout.destroy();
      this.child.stderr.destroy();
    });
    await closed;
    giveUp();
    this.output.stdout.end();
    this.output.stderr.end();
    if (kernelKill && !this.death && !this.cancelGrace && isKill(code, signal)) {
      this.death = killedByKernel("command", kernelKill, maxMemoryMegabytes);
    }
    return noteKernelKill(await this.outcome(code, signal), kernelKill);
  }

  private async outcome(code: number | null, signal: NodeJS.Signals | null): Promise<RunOutcome> {
    if (code === exitCodes.done && !this.death) return this.success();
    this.output.logLast();
    if (this.death) return { kind: "failed", error: this.death, isPermanent: false };
    const said = this.output.lastWords();
    switch (code) {
      case exitCodes.reject:
        return failure("Rejected", said?.text ?? `The command rejected the job (exit code ${code})`, true);
      case exitCodes.giveBack:
        return { kind: "given-back", reason: said?.text ?? `The command gave the job back (exit code ${code})` };
      default: {
        const last = said ? `; on ${said.stream}: ${said.text}` : "";
        const message = signal === null ? `The command ended with exit code ${code}` : describeSignal(signal);
        return failure("CommandFailed", message + last, false);
      }
    }
  }

  private async success(): Promise<RunOutcome> {
    try {
      const found = await this.output.result();
      if (!found.ok) return failure("ResultError", found.message, true);
      const { value: result, file, omitted } = found;
      return { kind: "succeeded", result, ...(file ? { file } : omitted && { omitted }) };
    } catch (error) {
      return { kind: "failed", error: toJobError(error), isPermanent: false };
    }
  }
}

/** A shell ends with 137 if its command was killed. */
function isKill(code: number | null, signal: NodeJS.Signals | null): boolean {
  return signal === "SIGKILL" || code === 137;
}

function describeSignal(signal: NodeJS.Signals): string {
  const hint = signal === "SIGKILL" ? ", as happens where memory runs out" : "";
  return `The command was ended by ${signal}${hint}`;
}

function failure(name: string, message: string, isPermanent: boolean): RunOutcome {
  return { kind: "failed", error: { name, message }, isPermanent };
}
