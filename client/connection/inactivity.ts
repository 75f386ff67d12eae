import { addAbortListener } from "node:events";

/** A body, piece by piece. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Ends a transfer in which nothing has moved for a time, however long the whole takes. */
export class Inactivity {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly milliseconds: number) {
    this.restart();
  }

  /** Aborted once nothing has moved. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Passes pieces on; each of them restarts the time. */
  async *watch(pieces: Pieces): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.restart();
      yield piece;
    }
    this.restart();
  }

  end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private restart(): void {
    clearTimeout(this.timer);
    // A body may be read on after its answer.
    if (this.isOver) return;
    this.timer = setTimeout(() => this.controller.abort(), this.milliseconds);
  }
}

/**
 * The work's outcome, unless the signal comes first: for work that takes none.
 *
 * @throws the signal's reason.
 */
export async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const listener = addAbortListener(signal, () => reject(signal.reason as Error));
    work.then(resolve, reject).finally(() => listener[Symbol.dispose]());
  });
}
