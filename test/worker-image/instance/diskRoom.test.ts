import { expect } from "chai";
import { DiskRoom } from "../../../worker-image/src/instance/diskRoom";
import { healthOf } from "../../../worker-image/src/instance/health";
import { Worker } from "../../../worker-image/src/worker";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { createDoubles, message } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";

const gib = 1_024 ** 3;

/** A worker of one slot on a disk of 30 GiB. */
async function startWorker(freeBytes: number) {
  const doubles = createDoubles();
  const { clock, log } = doubles;
  const disk = { totalBytes: 30 * gib, freeBytes };
  const looks = { count: 0 };
  const look = () => Promise.resolve((looks.count++, { ...disk }));
  const room = new DiskRoom({ look, clock, log: log.log });
  const worker = new Worker({ ...doubles.effects, slots: 1, disk: room });
  const run = worker.run();
  await settled();
  const health = () => healthOf(worker, clock.now());
  const end = async () => {
    worker.drain("SIGTERM");
    await run;
  };
  const put = (id: string) => doubles.queue.put(message({ receivedAt: clock.now(), id }));
  return { ...doubles, disk, looks, worker, health, end, put };
}

describe("DiskRoom", () => {
  guardAgainstLeaks();

  it("keeps a worker from taking a job with less than 2 GiB free, until there is room again", async () => {
    const { disk, clock, calls, log, health, put, end, runner } = await startWorker(2 * gib - 1);
    put("a");
    await clock.advance(60_000);
    expect(calls).to.deep.equal([]);
    const reason = "the disk is full: 2.00 of 30 GB are free, less than the 2.00 GB that a worker keeps";
    expect(log.events().filter((event) => event === "disk-full")).to.have.length(1);
    expect(log.fieldsOf("disk-full")).to.deep.equal({ reason });
    expect(health()).to.deep.include({ state: "working", reason });
    disk.freeBytes = 2 * gib;
    await clock.advance(5_000);
    expect(runner.runs).to.have.length(1);
    expect(health()).to.deep.include({ state: "working" }).and.not.to.have.property("reason");
    expect(log.events()).to.include("disk-free");
    runner.runs[0]!.end({ kind: "succeeded", result: 1 });
    await end();
    expect(clock.pendingTimers).to.equal(0);
  });

  it("has a worker replaced whose disk stays full for two minutes with no job at work", async () => {
    const { disk, clock, runner, health, put, end } = await startWorker(20 * gib);
    put("a");
    await settled();
    disk.freeBytes = gib;
    await clock.advance(90_000);
    expect(health()).to.deep.include({ state: "working", busySlots: 1 });
    runner.runs[0]!.end({ kind: "succeeded", result: 1 });
    await settled();
    await clock.advance(119_999);
    expect(health().state).to.equal("working");
    await clock.advance(1);
    expect(health().state).to.equal("unhealthy");
    expect(health().reason).to.match(/^the disk is full: 1\.00 of 30 GB are free/);
    await end();
    expect(health().state).to.equal("draining");
  });

  it("keeps a tenth of a small disk, and takes a disk that can't be looked at for one with room", async () => {
    const { clock, log } = createDoubles();
    const isFree = async (disk: { totalBytes: number; freeBytes: number } | undefined) => {
      const room = new DiskRoom({ look: () => Promise.resolve(disk), clock, log: log.log });
      const waiting = new AbortController();
      const waits = room.whenFree(waiting.signal);
      await settled();
      const isFull = room.fullSince !== undefined;
      waiting.abort();
      await waits;
      return !isFull;
    };
    expect(await isFree({ totalBytes: 64_000_000, freeBytes: 6_400_000 })).to.equal(true);
    expect(await isFree({ totalBytes: 64_000_000, freeBytes: 6_399_999 })).to.equal(false);
    expect(await isFree({ totalBytes: 500 * gib, freeBytes: 2 * gib })).to.equal(true);
    expect(await isFree(undefined)).to.equal(true);
  });

  it("looks once a second at the most, however often it is asked", async () => {
    const { clock, looks, disk, end } = await startWorker(20 * gib);
    const { effects } = createDoubles();
    const room = new DiskRoom({ look: () => Promise.resolve((looks.count++, disk)), clock, log: effects.log });
    const before = looks.count;
    const { signal } = new AbortController();
    for (let time = 0; time < 100; time++) await room.whenFree(signal);
    expect(looks.count - before).to.equal(1);
    clock.standStill(1_000);
    await room.whenFree(signal);
    expect(looks.count - before).to.equal(2);
    await end();
  });
});
