interface Event {
  time: number;
  /** Of events at one time, the one that was asked for first comes first. */
  order: number;
  run: () => void;
}

/** Simulated time in seconds: events in a binary heap, run one after another. */
export class Clock {
  now = 0;
  private readonly heap: Event[] = [];
  private orders = 0;

  at(time: number, run: () => void): void {
    this.push({ time: Math.max(time, this.now), order: this.orders++, run });
  }

  after(seconds: number, run: () => void): void {
    this.at(this.now + seconds, run);
  }

  /** Runs at `first` and every `seconds` after it. */
  every(seconds: number, first: number, run: () => void): void {
    this.at(first, () => {
      run();
      this.every(seconds, this.now + seconds, run);
    });
  }

  /** Runs what is due until `isOver` says so, which is asked before each event, or nothing is left. */
  run(isOver: (next: number) => boolean): void {
    for (let next = this.heap[0]; next && !isOver(next.time); next = this.heap[0]) {
      this.pop();
      this.now = next.time;
      next.run();
    }
  }

  private push(event: Event): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
