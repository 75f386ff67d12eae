import { setTimeout as sleep } from "node:timers/promises";

/** How long a line waits for others to be written with. */
const maxWaitMilliseconds = 20;

/** Characters that are written without waiting for more. */
const maxWaitingCharacters = 65_536;

/** More than this waiting to be taken: what writes much should wait too, or be left out. */
const behindCharacters = 1_048_576;

/** How long is waited for output that nobody takes, and between two looks at it. */
const longestWaitMilliseconds = 1_000;
const lookMilliseconds = 20;

/** Whether what was written has been taken. */
export interface WorkerOutput {
  isBehind(): boolean;
  /** Nothing while output isn't behind; else resolves once it has caught up, or after a second. */
  caughtUp(): Promise<void> | undefined;
}

/** Writes lines together: writing to a pipe holds up the process each time. Whoever ends the process flushes. */
export class LineWriter implements WorkerOutput {
  private waiting = "";
  private timer?: NodeJS.Timeout;

  /** @param untaken how much of what was written still waits in the process. */
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
