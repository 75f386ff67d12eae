import { expect } from "chai";
import type { Job } from "../../../client/index";
import { WaitTimeoutError } from "../../../client/index";
import { type WaitClock, waitForJob } from "../../../client/jobs/waitForJob";
import { rejection } from "../../local-cloud/support";

const base = { id: "a", type: "t", attempts: 1, submittedAt: "2026-11-24T00:00:00.000Z" };

/** A clock that only sleeping moves. */
function fakeClock(): WaitClock & { pauses: number[] } {
  let now = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      pauses.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

describe("waitForJob", () => {
  const after = (looks: number, last: Partial<Job> = { state: "succeeded" }) => {
    let count = 0;
    return () => Promise.resolve({ ...base, state: "running", ...(++count > looks && last) } as Job);
  };

  it("reads the job at intervals that grow from 0.2 s to 5 s", async () => {
    const clock = fakeClock();
    await waitForJob(after(15), {}, clock);
    expect(clock.pauses.slice(0, 3)).to.deep.equal([200, 300, 450]);
    expect(clock.pauses.at(-1)).to.equal(5_000);
    expect(clock.pauses).to.have.length(15);
  });

  it("returns the job in any final state", async () => {
    for (const state of ["succeeded", "failed", "cancelled"] as const) {
      expect(await waitForJob(after(2, { state }), {}, fakeClock())).to.include({ id: "a", state });
    }
  });

  it("reports changes only", async () => {
    const jobs = [
      { ...base, state: "queued" },
      { ...base, state: "queued" },
      { ...base, state: "running", progress: { fraction: 0.5, note: "half" } },
      { ...base, state: "running", progress: { fraction: 0.5, note: "half" } },
      { ...base, state: "succeeded" },
    ] as Job[];
    const seen: Job[] = [];
    await waitForJob(() => Promise.resolve(jobs.shift()!), { onProgress: (job) => seen.push(job) }, fakeClock());
    expect(seen.map(({ state }) => state)).to.deep.equal(["queued", "running", "succeeded"]);
  });

  it("reports why the job waits after 10 s, and whenever the reason changes", async () => {
    const clock = fakeClock();
    const look = () => {
      const now = clock.now();
      const told = String(now);
      const waiting =
        now < 20_000
          ? { reason: "behind", detail: "x", ahead: now, estimatedStartAt: told, asOf: told }
          : { reason: "unknown", detail: told, asOf: told };
      return Promise.resolve(
        (now < 40_000 ? { ...base, state: "queued", waiting } : { ...base, state: "failed" }) as Job,
      );
    };
    const told: [number, string][] = [];
    await waitForJob(look, { onWaiting: ({ reason }, { id }) => told.push([clock.now(), `${id} ${reason}`]) }, clock);
    expect(told.map(([, reason]) => reason)).to.deep.equal(["a behind", "a unknown"]);
    expect(told[0]![0]).to.be.within(10_000, 15_000);
    expect(told[1]![0]).to.be.within(20_000, 25_000);
  });

  it("throws exactly at the timeout, with the job", async () => {
    const clock = fakeClock();
    const error = (await rejection(waitForJob(after(99), { timeoutSeconds: 7 }, clock))) as WaitTimeoutError;
    expect(error).to.be.instanceOf(WaitTimeoutError);
    expect(error.job).to.include({ id: "a", state: "running" });
    expect(error.message).to.equal("Job a is still running after 7 s");
    expect(clock.pauses.reduce((sum, pause) => sum + pause)).to.equal(7_000);
  });

  it("reads the job once if the timeout is zero", async () => {
    const clock = fakeClock();
    expect(await rejection(waitForJob(after(99), { timeoutSeconds: 0 }, clock))).to.be.instanceOf(WaitTimeoutError);
    expect(await waitForJob(after(0), { timeoutSeconds: 0 }, clock)).to.include({ state: "succeeded" });
    expect(clock.pauses).to.have.length(0);
  });

  it("ends at the timeout though a read is never answered", async () => {
    let looks = 0;
    const look = (signal?: AbortSignal) =>
      ++looks < 2
        ? after(99)()
        : new Promise<Job>((_resolve, reject) => signal!.addEventListener("abort", () => reject(new Error("late"))));
    const before = performance.now();
    expect(await rejection(waitForJob(look, { timeoutSeconds: 0.3 }))).to.be.instanceOf(WaitTimeoutError);
    expect(performance.now() - before).to.be.at.least(299);
  });

  it("waits longer than the longest timer", async () => {
    expect(await waitForJob(after(2), { timeoutSeconds: 1e9 }, fakeClock())).to.include({ state: "succeeded" });
  });

  it("ends when the signal aborts, with its reason", async () => {
    const stop = new AbortController();
    const waiting = waitForJob(after(99), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 10);
    expect((await rejection(waiting)).message).to.equal("enough");
  });

  it("is not affected by jumps of the wall clock", async () => {
    const { now } = Date;
    let jump = 0;
    Date.now = () => now() + (jump += 3_600_000) * (Math.random() < 0.5 ? 1 : -1);
    try {
      expect(await waitForJob(after(2), { timeoutSeconds: 5 })).to.include({ state: "succeeded" });
      const before = performance.now();
      await rejection(waitForJob(after(99), { timeoutSeconds: 0.3 }));
      expect(performance.now() - before).to.be.at.least(290);
    } finally {
      Date.now = now;
    }
  });
});
