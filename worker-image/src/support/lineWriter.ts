import { setTimeout as sleep } from "node:timers/promises";

/** Time that a line waits to be written with others. */
const maxWaitMilliseconds = 20;

/** Number of characters that is written without waiting for more. */
const maxWaitingCharacters = 65_536;

/** Backlog from which large writers should wait, or be dropped. */
const behindCharacters = 1_048_576;

/** Longest wait for output that isn't read, and time between two checks of it. */
const longestWaitMilliseconds = 1_000;
const lookMilliseconds = 20;

/** The worker's output, with its backlog. */
export interface WorkerOutput {
  isBehind(): boolean;
  /** Undefined while output isn't behind; else resolves once it has caught up, or after a second. */
  caughtUp(): Promise<void> | undefined;
}

/** Writes lines together: each write to a pipe holds up the process. Call `flush` before the process ends. */
export class LineWriter implements WorkerOutput {
  private waiting = "";
  private timer?: NodeJS.Timeout;

  /** @param untaken returns the amount of output that still waits in the process */
  constructor(
    private readonly writeText: (text: string) => void,
    private readonly untaken: () => number = () => 0,
  ) {}

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length >= maxWaitingCharacters) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), maxWaitMilliseconds);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.waiting;
    this.waiting = "";
    if (text) this.writeText(text);
  }

  isBehind(): boolean {
    return this.untaken() > behindCharacters;
  }

  caughtUp(): Promise<void> | undefined {
    return this.isBehind() ? this.waitUntilTaken() : undefined;
  }

  private async waitUntilTaken(): Promise<void> {
    for (let waited = 0; this.isBehind() && waited < longestWaitMilliseconds; waited += lookMilliseconds) {
      await sleep(lookMilliseconds);
    }
  }
}
