import { existsSync, readFileSync } from "node:fs";
import { isRunning, until } from "../../local-cloud/support";

/** Waits until the process has ended: what was killed still takes a moment to die. */
export async function ended(pid: number, what = `process ${pid}`): Promise<void> {
  await until(
    () => !isRunning(pid) || isZombie(pid),
    () => `the end of ${what}`,
  );
}

/** It waits for its parent only. */
function isZombie(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  try {
    return existsSync("/proc") && /\) Z /.test(readFileSync(file, "utf8"));
  } catch {
    return true;
  }
}
