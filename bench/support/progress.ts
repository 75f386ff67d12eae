import { Presets, SingleBar } from "cli-progress";

/** Shows how far a long run is, on a terminal's standard error only. */
export class Progress {
  private readonly bar?: SingleBar;

  constructor(steps: number) {
    if (!process.stderr.isTTY) return;
    const format = "{bar} {value}/{total}  {step}";
    this.bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic);
    this.bar.start(steps, 0, { step: "" });
  }

  /** Runs one step, whose name is shown meanwhile. */
  async during<T>(step: string, run: () => Promise<T>): Promise<T> {
    this.bar?.update({ step });
    const result = await run();
    this.step();
    return result;
  }

  /** A step is done. */
  step(): void {
    this.bar?.increment();
  }

  stop(): void {
    this.bar?.stop();
  }
}
