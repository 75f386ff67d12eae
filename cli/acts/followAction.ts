import { setTimeout as sleep } from "node:timers/promises";
import type { Action } from "../../client/index";
import { nextPause, pollMilliseconds } from "../../client/jobs/waitForJob";
import { ProgressBars } from "../output/progressBars";
import type { Session } from "../session";
import { untilInterrupted } from "../untilInterrupted";

/**
 * Follows an action, with a bar, until it has ended, and returns it. `total`: number of its jobs, if that is known.
 *
 * @throws CommandError on Ctrl-C, which says that the action goes on, and how to stop it.
 */
export async function followAction({ client, isJson }: Session, action: Action, total?: number): Promise<Action> {
  const { id, dryRun } = action;
  const bars = new ProgressBars(!isJson);
  const follow = async (signal: AbortSignal) => {
    for (let shown = action, pause = pollMilliseconds.first; ; pause = nextPause(pause)) {
      bars.draw(id, pictureOf(shown, total));
      if (shown.finishedAt !== undefined) return shown;
      await sleep(pause, undefined, { signal });
      shown = await client.action(id, { signal });
    }
  };
  const goOn = `Stop it with: batch-jobs actions stop ${id}; go on waiting with: batch-jobs actions follow ${id}`;
  try {
    if (dryRun) return await untilInterrupted(follow, "Stopped counting; nothing was done");
    return await untilInterrupted(follow, "Stopped waiting; the action goes on", goOn);
  } finally {
    bars.stop();
  }
}

function pictureOf({ action, dryRun, counts }: Action, total: number | undefined) {
  const { matched, done, skipped, failed } = counts;
  if (dryRun) return { name: "counting", note: `${matched} found` };
  const others = Object.entries({ skipped, failed }).filter(([, count]) => count > 0);
  const note = [`${done} done`, ...others.map(([name, count]) => `${count} ${name}`)].join(", ");
  const fraction = total === undefined ? undefined : Math.min(1, (done + skipped + failed) / Math.max(1, total));
  return { name: action, fraction, note };
}
