import { type Group, type Instance } from "../group";
import { type Rule } from "../world";

/** KEDA's `pollingInterval`, by default. */
const pollSeconds = 30;
/** The Horizontal Pod Autoscaler's period and tolerance, by default. */
const syncSeconds = 15;
const tolerance = 0.1;

/**
 * KEDA's aws-sqs-queue scaler: KEDA itself leads from zero to one and, after the cooldown, back; the Horizontal Pod
 * Autoscaler wants (visible + in flight) ÷ `queueLength` in between, at most doubling or adding four per period, and
 * lowers to the most it wanted within its window. `queueLength` is what one pod can take: its slots.
 */
export function createKeda(idleSeconds: number): Rule {
  return {
    name: "KEDA, 30 s",
    minInstances: 0,
    start({ clock, queue, group, conditions, phase }) {
      const queueLength = conditions.slots;
      const backlog = () => {
        const { visible, inFlight } = queue.counts();
        return visible + inFlight;
      };
      let activeAt = -Infinity;
      clock.every(pollSeconds, phase * pollSeconds, () => {
        if (backlog() > 0) {
          activeAt = clock.now;
          group.raise(1);
        } else if (group.desired > 0 && clock.now - activeAt >= idleSeconds) {
          stopNewest(group, 0);
          wanted.length = 0;
        }
      });

      const wanted: { at: number; replicas: number }[] = [];
      clock.every(syncSeconds, phase * syncSeconds, () => {
        if (group.desired === 0) return;
        const total = backlog();
        const isTolerated = Math.abs(total / (queueLength * group.desired) - 1) <= tolerance;
        const replicas = isTolerated ? group.desired : Math.max(1, Math.ceil(total / queueLength));
        wanted.push({ at: clock.now, replicas });
        while (wanted[0]!.at < clock.now - idleSeconds) wanted.shift();
        if (replicas > group.desired) group.raise(Math.min(replicas, Math.max(group.desired * 2, group.desired + 4)));
        else
          stopNewest(
            group,
            wanted.reduce((most, { replicas: each }) => Math.max(most, each), 0),
          );
      });
    },
  };
}

/** As a ReplicaSet picks: pods not yet ready first, then the newest. */
function stopNewest(group: Group, desired: number): void {
  const rank = (instance: Instance) => (instance.isInService ? 0 : 1e9) + instance.launchedAt;
  const newest = [...group.alive].filter(({ isDraining }) => !isDraining).sort((a, b) => rank(b) - rank(a));
  for (const instance of newest) {
    if (group.desired <= desired) return;
    group.stop(instance);
  }
}
