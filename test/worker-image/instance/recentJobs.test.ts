import { expect } from "chai";
import { RecentJobs } from "../../../worker-image/src/instance/recentJobs";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock } from "../helpers/fakeClock";

describe("RecentJobs", () => {
  guardAgainstLeaks();

  it("counts attempts that ended on their own account, and how long they took", () => {
    const jobs = new RecentJobs(new FakeClock());
    jobs.note("job-succeeded", { runMs: 2_000 });
    jobs.note("job-failed", { runMs: 500 });
    jobs.note("job-retried", { runMs: 1_500 });
    for (const event of ["job-started", "job-given-back", "job-cancelled", "job-lease-lost"] as const)
      jobs.note(event, { runMs: 9 });
    jobs.note("job-failed", { reason: "no attempt was left" });
    expect(jobs.read()).to.deep.equal({ recentJobs: 3, recentSeconds: 4 });
  });

  it("forgets them little by little, and what they took with them", async () => {
    const clock = new FakeClock();
    const jobs = new RecentJobs(clock);
    for (let count = 0; count < 8; count++) jobs.note("job-succeeded", { runMs: 3_000 });
    await clock.advance(120_000);
    expect(jobs.read()).to.deep.equal({ recentJobs: 4, recentSeconds: 12 });
    await clock.advance(60_000);
    jobs.note("job-succeeded", { runMs: 1_000 });
    await clock.advance(60_000);
    const { recentJobs, recentSeconds } = jobs.read();
    expect(recentJobs).to.be.closeTo(2 + Math.SQRT1_2, 1e-4);
    expect(recentSeconds).to.be.closeTo(6 + Math.SQRT1_2, 1e-4);
    await clock.advance(3_600_000);
    expect(jobs.read()).to.deep.equal({ recentJobs: 0, recentSeconds: 0 });
  });

  it("keeps the mean of jobs of milliseconds", async () => {
    const clock = new FakeClock();
    const jobs = new RecentJobs(clock);
    for (let count = 0; count < 100; count++) jobs.note("job-succeeded", { runMs: 3 });
    await clock.advance(1_200_000);
    const { recentJobs, recentSeconds } = jobs.read();
    expect(recentSeconds / recentJobs).to.be.closeTo(0.003, 1e-6);
  });
});
