import { expect } from "chai";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Jobs that bring a worker down, or can't be stopped by asking, among good ones, on the whole stack. */
describe("jobs beside bad ones", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      mixed: `note("start " + job.id);
        if (job.payload.kills === "worker") process.kill(process.ppid, "SIGKILL");
        if (job.payload.kills === "itself") process.kill(process.pid, "SIGKILL");
        if (job.payload.blocks) require("node:child_process").execSync("sleep 100");
        if (job.payload.waits) await released(job, context);
        return job.attempt;`,
    });
    const mixed = { handler: "mixed", backoffSeconds: 0.1, maxAttempts: 2, slots: 3, minInstances: 1 };
    const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6", WORKER_MAX_BACKOFF_SECONDS: "0.2" };
    journey = await startJourney([{ name: "mixed", ...mixed }], handlers, {}, { workerEnvironment });
  });
  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("succeed without a lost attempt though one kills its own process, which fails for it", async () => {
    const good = [await journey.submit("mixed", { waits: true }), await journey.submit("mixed", { waits: true })];
    const bad = await journey.submit("mixed", { kills: "itself" });
    const failed = await journey.reaches(bad, "failed");
    expect(failed.attempts).to.equal(2);
    expect((failed.error as { message: string }).message).to.include("was ended by SIGKILL");
    for (const id of good) {
      handlers.release(id);
      expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: 1 });
      expect(handlers.startsOf(id)).to.equal(1);
    }
  });

  it("succeed without a lost attempt though one kills the worker, which fails once it has done so alone", async () => {
    const good = [await journey.submit("mixed", { waits: true }), await journey.submit("mixed", { waits: true })];
    const bad = await journey.submit("mixed", { kills: "worker" });
    for (const id of good) handlers.release(id);
    const failed = await journey.reaches(bad, "failed");
    expect(failed.error).to.deep.include({ name: "WorkerLost" });
    expect((failed.error as { message: string }).message).to.include("for the second time while the job ran alone");
    for (const id of good) {
      expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: 1 });
    }
    expect(handlers.startsOf(bad)).to.equal(3);
  });

  it("get the slots of jobs that block, once those are cancelled", async () => {
    const blocked = [1, 2, 3].map(() => journey.submit("mixed", { blocks: true }));
    const ids = await Promise.all(blocked);
    for (const id of ids) await journey.reaches(id, "running");
    for (const id of ids) expect((await journey.call("DELETE", `/jobs/${id}`)).status).to.be.oneOf([200, 202]);
    const good = await journey.submit("mixed", {});
    for (const id of ids) await journey.reaches(id, "cancelled");
    expect(await journey.reaches(good, "succeeded")).to.deep.include({ attempts: 1 });
  });
});
