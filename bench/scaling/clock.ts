import { Heap } from "heap-js";

interface Event {
  time: number;
  /** Of events at one time, the one that was asked for first comes first. */
  order: number;
  run: () => void;
}

/** Simulated time in seconds: events, run one after another. */
export class Clock {
  now = 0;
  private readonly events = new Heap<Event>((a, b) => a.time - b.time || a.order - b.order);
  private orders = 0;

  at(time: number, run: () => void): void {
    this.events.push({ time: Math.max(time, this.now), order: this.orders++, run });
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
    for (let next = this.events.peek(); next && !isOver(next.time); next = this.events.peek()) {
      this.events.pop();
      this.now = next.time;
      next.run();
    }
  }
}
