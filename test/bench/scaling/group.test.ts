import { EventEmitter } from "node:events";
import { expect } from "chai";
import { Clock } from "../../../bench/scaling/clock";
import { conditions } from "../../../bench/scaling/conditions";
import { type Events, Group, type Instance } from "../../../bench/scaling/group";
import { JobQueue } from "../../../bench/scaling/queue";

const { pendingSeconds, startSeconds, graceSeconds, maxInstances, shutdownSeconds } = conditions;

function create(durations: number[]) {
  const clock = new Clock();
  const queue = new JobQueue(clock, 0);
  const finished: number[] = [];
  const started: [number, number][] = [];
  const events = new EventEmitter<Events>();
  events.on("started", (job) => started.push([job, clock.now]));
  events.on("finished", (job) => finished.push(job));
  const boot = () => 0.5;
  const first = () => 0;
  const group = new Group(clock, queue, conditions, durations, boot, first, events);
  durations.forEach((_, job) => queue.send(job));
  return { clock, queue, group, finished, started, run: () => clock.run(() => false) };
}

const only = (group: Group): Instance => group.instances[0]!;

describe("Group", () => {
  it("takes no job before the instance has booted", () => {
    const { group, started, run } = create([10]);
    group.raise(1);
    run();
    expect(started).to.deep.equal([[0, pendingSeconds + (startSeconds[0] + startSeconds[1]) / 2]]);
    expect(only(group).runningAt).to.equal(pendingSeconds);
  });

  it("runs as many jobs at once as it has slots", () => {
    const { group, started, run } = create([10, 20, 5]);
    group.begin(1);
    group.offer();
    run();
    expect(started).to.deep.equal([
      [0, 0],
      [1, 0],
      [2, 10],
    ]);
  });

  it("never has more instances than its limit, and never lowers when asked to raise", () => {
    const { group } = create([]);
    group.raise(10_000);
    group.raise(1);
    expect([group.desired, group.instances.length]).to.deep.equal([maxInstances, maxInstances]);
  });

  it("lets a stopped instance finish within the grace, and gives it nothing more", () => {
    const { clock, group, finished, queue, run } = create([graceSeconds - 1, 1, 1]);
    group.begin(1);
    group.offer();
    clock.at(0.5, () => group.stop(only(group)));
    run();
    expect(finished).to.deep.equal([1, 0]);
    expect([group.busyKills, group.desired, queue.visible]).to.deep.equal([0, 0, 1]);
    expect(only(group).endedAt).to.equal(graceSeconds - 1 + shutdownSeconds);
  });

  it("kills what is busy beyond the grace: its jobs wait again, and are done by another", () => {
    const { clock, group, finished, run } = create([graceSeconds + 50]);
    group.begin(1);
    group.offer();
    clock.at(1, () => group.stop(only(group)));
    clock.at(10, () => group.raise(1));
    run();
    expect(group.busyKills).to.equal(1);
    expect(finished).to.deep.equal([0]);
  });

  it("launches for those that drain, as Auto Scaling does", () => {
    const { clock, group, run } = create([100, 100]);
    group.begin(1);
    group.offer();
    clock.at(1, () => group.stop(only(group)));
    clock.at(2, () => group.raise(1));
    run();
    expect(group.instances).to.have.length(2);
  });
});
