import { median } from "./quantiles";

/** Work of a benchmark job: nothing, a wait, or a fixed amount of computing. */
export type Work = { kind: "nothing" } | { kind: "wait"; milliseconds: number } | { kind: "compute"; steps: number };

export async function doWork(work: Work): Promise<void> {
  if (work.kind === "wait") await new Promise((resolve) => setTimeout(resolve, work.milliseconds));
  if (work.kind === "compute") compute(work.steps);
}

/** Number of steps whose computing costs about `milliseconds` of CPU here. */
export function calibrate(milliseconds: number): number {
  compute(5_000_000);
  const trials = Array.from({ length: 9 }, () => {
    const steps = 20_000_000;
    const before = process.cpuUsage();
    compute(steps);
    const { user, system } = process.cpuUsage(before);
    return (steps * milliseconds * 1_000) / (user + system);
  });
  return Math.round(median(trials));
}

/** A xorshift generator: nothing to optimise away, nothing to allocate. */
function compute(steps: number): number {
  let state = 2_463_534_242;
  for (let step = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error("A xorshift generator never comes to 0");
  return state;
}
