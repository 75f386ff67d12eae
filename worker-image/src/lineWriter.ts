/** How long a line waits for others to be written with. */
const maxWaitMilliseconds = 20;

/** Characters that are written without waiting for more. */
const maxWaitingCharacters = 65_536;

/** Writes lines together: writing to a pipe holds up the process each time. Whoever ends the process flushes. */
export class LineWriter {
  private waiting = "";
  private timer?: NodeJS.Timeout;

  constructor(private readonly writeText: (text: string) => void) {}

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
}
