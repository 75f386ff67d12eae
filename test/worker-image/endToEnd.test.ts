import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { type WorkerSettings } from "../../contract/workerSettings";
import { buildWorker, fixturesFolder } from "./helpers/build";
import { createJobWorld, type JobWorld } from "./helpers/jobWorld";
import { expectNoWorkers, WorkerProcess } from "./helpers/workerProcess";

describe("The worker as a process", () => {
  let world: JobWorld;
  let folder: string;

  before(async () => {
    await buildWorker();
    world = await createJobWorld();
    folder = await mkdtemp(path.join(tmpdir(), "worker-"));
  });
  afterEach(expectNoWorkers);
  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  async function createProcessor(fields: Partial<WorkerSettings> = {}) {
    const fast = { handler: "versatile", backoffSeconds: 0, visibilityTimeoutSeconds: 1, drainSeconds: 0 };
    const { settings, environment } = await world.createProcessor({ ...fast, ...fields });
    const start = (more: Record<string, string> = {}) =>
      new WorkerProcess({ ...environment, WORKER_PROCESSORS_DIR: fixturesFolder, ...more });
    return { settings, start };
  }

  async function stop(worker: WorkerProcess): Promise<void> {
    worker.kill("SIGTERM");
    expect(await worker.exited).to.deep.equal({ code: 0, signal: null });
    expect(worker.errorOutput).to.equal("");
  }

  it("runs jobs, retries, and dead-letters those that can't be retried or read, each with its reason", async () => {
    const { settings, start } = await createProcessor();
    const begun = Date.now();
    const fine = await world.submit(settings, { do: "return", value: { n: 1 } });
    const second = await world.submit(settings, { do: "throw-first" });
    const poison = await world.submit(settings, { do: "throw" });
    const worker = start();
    const isOver = ({ state }: { state: string }) => state === "succeeded" || state === "failed";

    expect(await world.recordThat(fine, isOver)).to.deep.include({ state: "succeeded", attempts: 1, result: { n: 1 } });
    expect(await world.recordThat(second, isOver)).to.deep.include({ attempts: 2, result: "done at attempt 2" });
    const failed = await world.recordThat(poison, isOver);
    expect(failed).to.include({ state: "failed", attempts: 3 });
    expect(failed.error).to.deep.include({ name: "TypeError", message: "it went wrong" });
    const letter = await world.deadLetter(settings);
    expect(letter.body).to.include(poison);
    expect(letter.attributes).to.include({ type: "echo", attempt: "3" });
    expect(letter.attributes.reason).to.equal("Attempt 3 of 3 failed: TypeError: it went wrong");
    expect(Date.parse(letter.attributes.failedAt!)).to.be.within(begun - 1_000, Date.now() + 1_000);

    await world.send(settings.queueUrl, "not a job");
    await worker.event("message-dead-lettered");
    expect((await world.deadLetter(settings)).attributes.reason).to.include("Expected JSON");
    expect(await world.backlog(settings)).to.equal(0);
    // Either of two jobs may be the first to succeed.
    const { time, runMs, jobId, attempt, ...rest } = await worker.event("job-succeeded");
    expect(rest).to.deep.equal({ level: "info", event: "job-succeeded" });
    expect([typeof time, typeof runMs]).to.deep.equal(["string", "number"]);
    expect(attempt).to.equal(jobId === fine ? 1 : 2);
    expect(await worker.event("job-started")).to.include.keys("jobId", "attempt", "waitMs");
    await stop(worker);
  });

  it("finishes the job of a worker that was killed, by another worker", async () => {
    const { settings, start } = await createProcessor({ visibilityTimeoutSeconds: 2 });
    const marker = path.join(folder, "killed");
    const id = await world.submit(settings, { do: "sleep", milliseconds: 700, marker });
    const first = start();
    await first.event("job-started");
    first.kill("SIGKILL");
    const second = start();
    const record = await world.recordThat(id, ({ state }) => state === "succeeded");
    expect(record.attempts).to.equal(1);
    expect(await readFile(marker, "utf8")).to.match(new RegExp(`^(${id} 1\n){1,2}$`));
    await first.exited;
    await stop(second);
  });

  it("gives a job back on SIGTERM, without counting the attempt", async () => {
    const { settings, start } = await createProcessor({ visibilityTimeoutSeconds: 60 });
    const id = await world.submit(settings, { do: "wait-for-abort" });
    const first = start();
    await first.event("job-started");
    await stop(first);
    expect(await world.record(id)).to.include({ state: "queued", attempts: 0 });
    expect(await world.backlog(settings)).to.equal(1);
    const second = start();
    expect(await second.event("job-started")).to.include({ jobId: id, attempt: 1 });
    await stop(second);
  });

  it("lets a running job finish within drainSeconds", async () => {
    const { settings, start } = await createProcessor({ drainSeconds: 10 });
    const id = await world.submit(settings, { do: "sleep", milliseconds: 400 });
    const worker = start();
    await worker.event("job-started");
    await stop(worker);
    expect(await world.record(id)).to.include({ state: "succeeded", result: "slept" });
    expect(await world.backlog(settings)).to.equal(0);
  });

  it("keeps a job that computes for longer than its visibility timeout, and no other worker runs it", async () => {
    const { settings, start } = await createProcessor();
    const marker = path.join(folder, "spun");
    const id = await world.submit(settings, { do: "spin", milliseconds: 2_500, marker });
    const workers = [start(), start()];
    expect((await world.recordThat(id, ({ state }) => state === "succeeded")).attempts).to.equal(1);
    expect(await readFile(marker, "utf8")).to.equal(`${id} 1\n`);
    await Promise.all(workers.map(stop));
  });

  it("doesn't start with a wrong environment or without its handler, and says why", async () => {
    const { start } = await createProcessor({ handler: "no-such-handler" });
    const handlerless = start();
    expect((await handlerless.exited).code).to.equal(1);
    expect(JSON.stringify(handlerless.events)).to.include('There is no handler \\"no-such-handler\\"');
    const settingless = start({ WORKER_TYPE: "", WORKER_SLOTS: "many" });
    expect((await settingless.exited).code).to.equal(1);
    expect(JSON.stringify(settingless.events)).to.include("WORKER_TYPE").and.include("WORKER_SLOTS");
  });

  it("ends with its parent if configured", async () => {
    const { start } = await createProcessor();
    const worker = start({ WORKER_EXIT_WITH_PARENT: "1" });
    await worker.event("worker-started");
    worker.disconnect();
    expect((await worker.exited).code).to.equal(1);
    expect(worker.events.at(-1)).to.include({ event: "worker-orphaned" });
  });
});
