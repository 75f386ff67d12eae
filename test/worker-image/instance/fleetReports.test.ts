import { expect } from "chai";
import { FleetReports } from "../../../worker-image/src/instance/fleetReports";
import { type FleetFigures, type OwnReport } from "../../../worker-image/src/instance/fleetTable";
import { RecentJobs } from "../../../worker-image/src/instance/recentJobs";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeLog } from "../helpers/doubles";
import { FakeClock, settled } from "../helpers/fakeClock";

function setUp() {
  const clock = new FakeClock();
  const log = new FakeLog();
  const recentJobs = new RecentJobs(clock);
  const written: (OwnReport & { instanceId: string })[] = [];
  const figures: FleetFigures = {};
  const state = { retiresSince: undefined as number | undefined, fails: false, isRetired: 0 };
  const worker = { isDraining: false, busySlots: 1, vitals: { failingSince: undefined as number | undefined } };
  const reports = new FleetReports({
    table: {
      async report(instanceId, report) {
        if (state.fails) throw new Error("throttled");
        written.push({ instanceId, ...report });
        return state.retiresSince;
      },
      reportFailure: async () => undefined,
      readFigures: async () => figures,
    },
    metadata: { read: async (path) => (path === "instance-id" ? "i-1" : undefined) },
    slots: 4,
    recentJobs,
    clock,
    log: log.log,
  });
  return {
    clock,
    log,
    recentJobs,
    written,
    state,
    worker,
    figures,
    reports,
    begin: () => reports.begin(worker, () => state.isRetired++),
  };
}

describe("FleetReports", () => {
  guardAgainstLeaks();

  it("reports at once and every half minute, and no more once it has ended", async () => {
    const { clock, recentJobs, written, worker, reports, begin } = setUp();
    const start = clock.now();
    begin();
    begin();
    await settled();
    const first = {
      instanceId: "i-1",
      seenAt: start,
      slots: 4,
      busySlots: 1,
      alone: 0,
      recentJobs: 0,
      recentSeconds: 0,
    };
    expect(written).to.deep.equal([{ ...first, expiresAt: start / 1_000 + 900 }]);
    recentJobs.note("job-succeeded", { runMs: 1_000 });
    worker.busySlots = 3;
    await clock.advance(29_999);
    expect(written).to.have.length(1);
    await clock.advance(1);
    expect(written[1]).to.include({ seenAt: start + 30_000, busySlots: 3 });
    expect(written[1]!.recentJobs).to.be.closeTo(0.84, 0.01);
    await reports.end();
    await clock.advance(60_000);
    expect(written).to.have.length(2);
    expect(clock.pendingTimers).to.equal(0);
  });

  for (const [what, ago, launchProblem, count] of [
    ["leaves its first report out just after a raise from zero", 119, undefined, 0],
    ["reports at once two minutes after a raise from zero", 120, undefined, 1],
    ["reports at once if workers failed to start before: the problem is over", 10, "no module", 1],
  ] as const) {
    it(what, async () => {
      const { clock, written, figures, reports, begin } = setUp();
      Object.assign(figures, { wokenAt: clock.now() - ago * 1_000, launchProblem });
      begin();
      await settled();
      expect(written).to.have.length(count);
      await clock.advance(30_000);
      expect(written).to.have.length(count + 1);
      await reports.end();
    });
  }

  it("dates reports by the wall clock, which is right again after a machine's sleep", async () => {
    const { clock, written, reports, begin } = setUp();
    clock.wallAheadMilliseconds = 3_600_000;
    begin();
    await settled();
    expect(written[0]).to.include({ seenAt: clock.now() + 3_600_000, expiresAt: clock.now() / 1_000 + 3_600 + 900 });
    await reports.end();
  });

  it("passes on that the instance retires", async () => {
    const { clock, state, begin, reports } = setUp();
    begin();
    await clock.advance(30_000);
    expect(state.isRetired).to.equal(0);
    state.retiresSince = clock.now();
    await clock.advance(30_000);
    expect(state.isRetired).to.equal(1);
    await reports.end();
    expect(state.isRetired).to.equal(1);
  });

  it("warns of a report that can't be written, and tries again at the next", async () => {
    const { clock, log, written, state, begin, reports } = setUp();
    state.fails = true;
    begin();
    await clock.advance(30_000);
    expect(log.entries.map(({ level, event }) => `${level} ${event}`)).to.deep.equal(
      Array(2).fill("warn fleet-report-failed"),
    );
    state.fails = false;
    await clock.advance(30_000);
    expect(written).to.have.length(1);
    await reports.end();
    expect(log.entries).to.have.length(2);
  });

  it("stops while the worker is unhealthy, not while it is busy or drains", async () => {
    const { clock, log, written, worker, begin, reports } = setUp();
    begin();
    worker.vitals.failingSince = clock.now();
    await clock.advance(120_000);
    expect(written).to.have.length(5);
    worker.busySlots = 0;
    await clock.advance(90_000);
    expect(written).to.have.length(5);
    expect(log.events()).to.deep.equal(["fleet-report-withheld"]);
    worker.isDraining = true;
    await clock.advance(30_000);
    expect(written).to.have.length(6);
    await reports.end();
  });

  it("writes nothing at the end if it never began", async () => {
    const { written, reports } = setUp();
    await reports.end();
    expect(written).to.deep.equal([]);
  });
});
