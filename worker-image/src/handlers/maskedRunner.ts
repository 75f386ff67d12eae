import { type JobError } from "../../../contract/records/record";
import { type Masking } from "../support/masking";
import { type Job } from "./handler";
import { type RunEvents, type Runner, type RunOutcome } from "./runner";

/** A runner whose errors and reasons show no secrets. Results stay as they are. */
export class MaskedRunner implements Runner {
  constructor(
    private readonly runner: Runner,
    private readonly masking: Masking,
  ) {}

  start(): Promise<void> {
    return this.runner.start();
  }

  async run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    const outcome = await this.runner.run(job, signal, events);
    switch (outcome.kind) {
      case "failed":
        return {
          ...outcome,
          error: this.masked(outcome.error),
          stack: outcome.stack && this.masking.text(outcome.stack),
        };
      case "given-back":
        return { ...outcome, reason: this.masking.text(outcome.reason) };
      default:
        return outcome;
    }
  }

  killNow(): void {
    this.runner.killNow();
  }

  close(): Promise<void> {
    return this.runner.close();
  }

  private masked({ name, message, code, frames }: JobError): JobError {
    return {
      name: this.masking.text(name),
      message: this.masking.text(message),
      ...(code !== undefined && { code: this.masking.text(code) }),
      ...(frames !== undefined && { frames: frames.map((frame) => this.masking.text(frame)) }),
    };
  }
}
