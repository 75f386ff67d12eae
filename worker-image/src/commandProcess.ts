import { ChildProcessWithoutNullStreams } from "node:child_process";
import { exitCodes } from "../../contract/handler";
import { Clock } from "./clock";
import { CommandOutput } from "./commandOutput";
import { ProcessGroups, signalGroup } from "./processGroups";
import { killGraceMilliseconds, RunOutcome } from "./runner";

/** How long output may still come once the process has ended: something that left its group may hold the pipes open. */
const lateOutputMilliseconds = 1_000;

/** One process of a command, from its start until nothing of its group is left. */
export class CommandProcess {
  /** How it ended; never rejects. */
  readonly ended: Promise<RunOutcome>;
  private readonly group: number;
  private readonly timers: (() => void)[] = [];
  private isStopping = false;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly output: CommandOutput,
    private readonly groups: ProcessGroups,
    private readonly clock: Clock,
    input: string,
  ) {
    this.group = child.pid!;
    groups.add(this.group);
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    // A command need not read its input; how it ends says whether that was well.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    this.ended = this.follow();
  }

  /** SIGTERM to all of the group, and SIGKILL after the grace. */
  stop(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    signalGroup(this.group, "SIGTERM");
    this.timers.push(this.clock.after(killGraceMilliseconds, () => this.kill()));
  }

  /** Kills the group if it was told to stop. */
  hurry(): void {
    if (this.isStopping) this.kill();
  }

  kill(): void {
    signalGroup(this.group, "SIGKILL");
  }

  private async follow(): Promise<RunOutcome> {
    const closed = new Promise<void>((resolve) => this.child.once("close", () => resolve()));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      this.child.once("exit", (...how) => resolve(how)),
    );
    for (const cancel of this.timers) cancel();
    this.groups.end(this.group);
    const giveUp = this.clock.after(lateOutputMilliseconds, () => {
      this.child.stdout.destroy();
      this.child.stderr.destroy();
    });
    await closed;
    giveUp();
    this.output.stdout.end();
    this.output.stderr.end();
    return this.outcome(code, signal);
  }

  private outcome(code: number | null, signal: NodeJS.Signals | null): RunOutcome {
    if (code === exitCodes.done) return this.success();
    this.output.logLast();
    const said = this.output.lastErrors();
    switch (code) {
      case exitCodes.reject:
        return failure("Rejected", said || `The command rejected the job (exit code ${code})`, true);
      case exitCodes.giveBack:
        return { kind: "given-back", reason: said || `The command gave the job back (exit code ${code})` };
      default: {
        const last = said && `; last on standard error: ${said}`;
        const message = signal === null ? `The command ended with exit code ${code}` : describeSignal(signal);
        return failure("CommandFailed", message + last, false);
      }
    }
  }

  private success(): RunOutcome {
    const result = this.output.result();
    return result.ok ? { kind: "succeeded", result: result.value } : failure("ResultError", result.message, true);
  }
}

function describeSignal(signal: NodeJS.Signals): string {
  const hint = signal === "SIGKILL" ? ", as happens where memory runs out" : "";
  return `The command was ended by ${signal}${hint}`;
}

function failure(name: string, message: string, isPermanent: boolean): RunOutcome {
  return { kind: "failed", error: { name, message }, isPermanent };
}
