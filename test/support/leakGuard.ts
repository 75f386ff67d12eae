import { setImmediate as turn } from "node:timers/promises";

/** Resources that keep a process alive, by Node's names: timers, child processes, servers, and the ports of threads. */
const guarded = ["Timeout", "ProcessWrap", "TCPServerWrap", "MessagePort", "Worker"];

/** Time until the resources that a test ended are gone, on a busy machine. */
const patienceMilliseconds = 20_000;

/**
 * Fails each test of the surrounding `describe` that leaves a timer, a thread, a server or a child process. To be
 * called after the hooks that clean up.
 */
export function guardAgainstLeaks(): void {
  let before: string[];
  beforeEach(() => (before = active()));
  afterEach(() => checkInHook("The test", before));
}

/** Throws where something is left; for hooks, whose own timer Mocha starts once they wait. */
export async function checkInHook(whose: string, before: string[]): Promise<void> {
  await turn();
  const left = await leftOver([...before, "Timeout"]);
  if (left.length > 0) throw new Error(`${whose} left behind: ${left.join(", ")}`);
}

/** Resources that are active now and weren't before, once they had time to go. */
export async function leftOver(before: string[], graceMilliseconds = patienceMilliseconds): Promise<string[]> {
  for (const deadline = Date.now() + graceMilliseconds; ;) {
    const left = added(before, active());
    if (left.length === 0 || Date.now() > deadline) return left;
    // Not a timer, which would count as one itself.
    await turn();
  }
}

export function active(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => guarded.includes(kind));
}

function added(before: string[], now: string[]): string[] {
  const rest = [...before];
  return now.filter((kind) => {
    const index = rest.indexOf(kind);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
