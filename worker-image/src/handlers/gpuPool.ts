/** A GPU that one job's process has to itself. */
export interface Gpu {
  /** Variable that CUDA reads: the process sees only this GPU, as its first. */
  environment: { CUDA_VISIBLE_DEVICES: string };
  release(): void;
}

/** Assigns a worker's GPUs, of which there are as many as slots. */
export class GpuPool {
  private readonly users: number[];

  constructor(count: number) {
    this.users = new Array<number>(count).fill(0);
  }

  /** The first GPU with the fewest users: none, unless a process that can't be killed keeps its GPU. */
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
