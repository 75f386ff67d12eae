import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, killWorkerOf, startJourney } from "../support/stack";

/** Cancelling, on the whole of it. */
describe("cancelling a job", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      patient: `note("start " + job.id); while (!context.signal.aborted) await sleep(20); note("told " + job.id);`,
      deaf: `note("start " + job.id); await sleep(job.payload.ms); note("end " + job.id); return "done";`,
    });
    const settings = { slots: 1, minInstances: 1, maxInstances: 1, drainSeconds: 1 };
    journey = await startJourney(
      [
        { name: "patient", handler: "patient", ...settings },
        { name: "deaf", handler: "deaf", ...settings },
      ],
      handlers,
      {},
      { workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" } },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const cancel = (id: string) => journey.call("DELETE", `/jobs/${id}`);
  const isStarted = (id: string) => until(() => handlers.ledger().includes(`start ${id}`));

  it("stops the handler of a running job, and records it; one that waits behind it never runs", async () => {
    const running = await journey.submit("patient", {});
    await isStarted(running);
    const waiting = await journey.submit("patient", {});
    const ended = await cancel(waiting);
    expect([ended.status, ended.body.state]).to.deep.equal([202, "cancelled"]);
    const asked = await cancel(running);
    expect([asked.status, asked.body.state]).to.deep.equal([202, "running"]);
    expect(asked.body).to.have.property("cancelRequestedAt");
    const job = await journey.reaches(running, "cancelled");
    expect(job).to.include({ attempts: 1 }).and.have.property("finishedAt");
    const last = await journey.submit("patient", {});
    await isStarted(last);
    await cancel(last);
    await journey.reaches(last, "cancelled");
    expect(handlers.ledger()).to.deep.equal([running, last].flatMap((id) => [`start ${id}`, `told ${id}`]));
    expect((await cancel(waiting)).body).to.include({ code: "job-finished", status: 409 });
  });

  it("of a worker that dies leaves no job that runs again", async () => {
    const id = await journey.submit("deaf", { ms: 60_000 });
    await isStarted(id);
    await cancel(id);
    await killWorkerOf(journey, id);
    await journey.reaches(id, "cancelled");
    expect(handlers.ledger().filter((line) => line.endsWith(id))).to.deep.equal([`start ${id}`]);
  });

  it("loses against a success that is recorded first", async () => {
    const id = await journey.submit("deaf", { ms: 0 });
    await journey.reaches(id, "succeeded");
    const { status, body } = await cancel(id);
    expect([status, body.code]).to.deep.equal([409, "job-finished"]);
    expect((await journey.call("GET", `/jobs/${id}`)).body).to.include({ state: "succeeded", result: "done" });
  });
});
