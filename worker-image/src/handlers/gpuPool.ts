/** A GPU that a job's process has to itself. */
export interface Gpu {
  /** What CUDA reads of it: the process sees this one alone, as its first. */
  environment: { CUDA_VISIBLE_DEVICES: string };
  release(): void;
}

/** Deals out a worker's GPUs, of which there are as many as slots. */
export class GpuPool {
  private readonly users: number[];

  constructor(count: number) {
    this.users = new Array<number>(count).fill(0);
  }

  /** The first GPU with the fewest users: one without any, unless a process that can't be killed keeps its own. */
  take(): Gpu {
    const index = this.users.indexOf(Math.min(...this.users));
    this.users[index]!++;
    let isTaken = true;
    return {
      environment: { CUDA_VISIBLE_DEVICES: String(index) },
      release: () => {
        if (isTaken) this.users[index]!--;
        isTaken = false;
      },
    };
  }
}
