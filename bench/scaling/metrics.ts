import { type World } from "./world";

/** CloudWatch's view of the queue: a datapoint a minute, reported late. */
export interface Datapoint {
  visible: number;
  inService: number;
}

/**
 * Calls back with each minute's datapoint when it can be read: the metric's delay later, or up to fifteen minutes later
 * where the queue had slept.
 */
export function onDatapoint(world: World, listener: (datapoint: Datapoint) => void): void {
  const { clock, queue, group, conditions, phase } = world;
  let awakeAt = -Infinity;
  let usedAt = 0;
  clock.every(60, phase * 60, () => {
    // Workers that wait at the queue use it all the time.
    if (group.inService > 0) queue.usedAt = clock.now;
    if (queue.usedAt - usedAt >= conditions.metricSleepSeconds) {
      awakeAt = clock.now + conditions.metricWakeSeconds * world.random();
    }
    usedAt = Math.max(usedAt, queue.usedAt);
    if (clock.now < awakeAt) return;
    const datapoint = { visible: queue.visible, inService: group.inService };
    clock.after(conditions.metricDelaySeconds, () => listener(datapoint));
  });
}
