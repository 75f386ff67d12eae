import { expect } from "chai";
import { Clock } from "../../../bench/scaling/clock";
import { JobQueue } from "../../../bench/scaling/queue";

describe("JobQueue", () => {
  it("reports its counts with the delay of SQS", () => {
    const clock = new Clock();
    const queue = new JobQueue(clock, 2);
    const seen: number[][] = [];
    const look = () => {
      const { visible, inFlight } = queue.counts();
      seen.push([clock.now, visible, inFlight]);
    };
    clock.at(10, () => queue.send(0));
    clock.at(10, () => queue.send(1));
    clock.at(11, () => queue.receive());
    for (const time of [9, 11, 12, 13]) clock.at(time, look);
    clock.run(() => false);
    expect(seen).to.deep.equal([
      [9, 0, 0],
      [11, 0, 0],
      [12, 2, 0],
      [13, 1, 1],
    ]);
  });

  it("hands out jobs in order, and those given back once more", () => {
    const queue = new JobQueue(new Clock(), 0);
    [7, 8].forEach((job) => queue.send(job));
    expect(queue.receive()).to.equal(7);
    queue.giveBack(7);
    expect([queue.receive(), queue.receive(), queue.receive()]).to.deep.equal([8, 7, undefined]);
    queue.remove();
    expect([queue.visible, queue.inFlight]).to.deep.equal([0, 1]);
  });

  it("gives right counts after it dropped old ones", () => {
    const clock = new Clock();
    const queue = new JobQueue(clock, 2);
    for (let time = 0; time < 10_000; time++) clock.at(time, () => queue.send(time));
    clock.at(9_999.5, () => expect(queue.counts().visible).to.equal(9_998));
    clock.run(() => false);
  });
});
