import { setTimeout as sleep } from "node:timers/promises";
import type { Journey } from "../stack";
import type { Loss } from "./chaos";

/** Longer than any lease of the journey, so that other workers take the frozen one's jobs. */
const leaseSeconds = 3;

/** Stops a worker every so often, and lets it go on once its leases have ended, until aborted; gives who lost what. */
export async function freezeAtRandom(journey: Journey, random: () => number, signal: AbortSignal): Promise<Loss[]> {
  const losses: Loss[] = [];
  while (!signal.aborted) {
    await sleep(2_000 + random() * 4_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const instances = journey.cloud.groups.list().flatMap((group) => group.instances);
    const victim = instances[Math.floor(random() * instances.length)];
    if (victim?.pid === undefined) continue;
    const { id, pid } = victim;
    const from = Date.now();
    send(pid, "SIGSTOP");
    await sleep(leaseSeconds * 1_000 + 500 + random() * 1_500);
    // What it began until now may have been taken from it.
    losses.push({ victim: id, from, until: Date.now() });
    send(pid, "SIGCONT");
  }
  return losses;
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
