import { type Rule } from "../world";

/** As buildkite-agent-scaler polls. */
const pollSeconds = 10;

/** Buildkite's way: every ten seconds one agent per running or waiting job; idle agents terminate their instance. */
export function createPoller(idleSeconds: number): Rule {
  return {
    name: "10 s poller",
    minInstances: 0,
    start({ clock, queue, group, conditions, phase, events }) {
      clock.every(pollSeconds, phase * pollSeconds, () => {
        const { visible, inFlight } = queue.counts();
        group.raise(Math.ceil((visible + inFlight) / conditions.slots));
      });
      events.on("idle", (instance) => {
        const { idleSince } = instance;
        clock.after(idleSeconds, () => {
          if (instance.running.size === 0 && instance.idleSince === idleSince) group.end(instance);
        });
      });
    },
  };
}
