import { expect } from "chai";
import { Clock } from "../../../bench/scaling/clock";
import { conditions } from "../../../bench/scaling/conditions";
import { type Group } from "../../../bench/scaling/group";
import { onDatapoint } from "../../../bench/scaling/metrics";
import { JobQueue } from "../../../bench/scaling/queue";
import { type World } from "../../../bench/scaling/world";

/** Time at which CloudWatch first reports a job that comes after these idle seconds. */
function firstSeen(idleSeconds: number, inService: number): number {
  const clock = new Clock();
  const queue = new JobQueue(clock, 0);
  let seen = Infinity;
  const world = { clock, queue, group: { inService } as Group, conditions, phase: 0, random: () => 0.5 };
  onDatapoint(world as unknown as World, ({ visible }) => {
    if (visible > 0) seen = Math.min(seen, clock.now);
  });
  clock.at(idleSeconds - 1, () => queue.send(0));
  clock.run((next) => next > idleSeconds + 3_600);
  return seen - idleSeconds;
}

describe("onDatapoint", () => {
  it("reports a minute's datapoint one minute later", () => {
    expect(firstSeen(3_600, 0)).to.equal(conditions.metricDelaySeconds);
  });

  it("is up to fifteen minutes late if the queue was inactive, which polling workers prevent", () => {
    expect(firstSeen(24 * 3_600, 0)).to.equal(conditions.metricWakeSeconds / 2 + 30 + conditions.metricDelaySeconds);
    expect(firstSeen(24 * 3_600, 1)).to.equal(conditions.metricDelaySeconds);
  });
});
