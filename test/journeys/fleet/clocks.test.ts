import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, killWorkerOf, startJourney } from "../support/stack";

/**
 * Loaded by workers before anything else: their wall clock is off by what a file says, which may change at any time.
 */
const skewedDate = (file: string) => `
const { readFileSync } = require("node:fs");
const Real = Date;
let offset = 0;
const look = () => { offset = Number(readFileSync(${JSON.stringify(file)}, "utf8")); };
look();
// A machine that starts with a clock that is off takes that for the time.
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + offset });
setInterval(look, 20).unref();
global.Date = class Date extends Real {
  constructor(...args) { if (args.length === 0) super(Real.now() + offset); else super(...args); }
  static now() { return Real.now() + offset; }
};
`;

const hour = 3_600_000;

describe("jobs under clocks that jump", () => {
  const folder = mkdtempSync(join(tmpdir(), "clocks-"));
  const offsetFile = join(folder, "offset");
  const set = (milliseconds: number) => writeFileSync(offsetFile, String(milliseconds));
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    set(0);
    writeFileSync(join(folder, "skew.cjs"), skewedDate(offsetFile));
    handlers = createHandlers({
      slow: `note("start " + job.id); await sleep(job.payload); return new Date().getTime();`,
    });
    for (const file of ["main.js", "handlerMain.js"]) {
      const path = join(dirname(handlers.workerMain), file);
      writeFileSync(path, `require(${JSON.stringify(join(folder, "skew.cjs"))});\n${readFileSync(path, "utf8")}`);
    }
    const settings = { slots: 2, minInstances: 2, drainSeconds: 1 };
    const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" };
    journey = await startJourney([{ name: "slow", handler: "slow", ...settings }], handlers, {}, { workerEnvironment });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function isOver(id: string): Promise<void> {
    expect(await journey.reaches(id, "succeeded")).to.include({ attempts: 1 });
    expect(handlers.startsOf(id)).to.equal(1);
    const queue = journey.cloud.messaging.queue(journey.outputs.queueUrls.slow!)!;
    await until(() => queue.messages.length + queue.inflightMessages.size === 0);
  }

  for (const [name, steps] of Object.entries({
    "forth by a day": [24 * hour],
    "back by an hour": [-hour],
    "forth and back": [hour, -24 * hour, 0],
  })) {
    it(`runs a job once though the workers' clock is set ${name} in the middle of it`, async () => {
      const id = await journey.submit("slow", 9_000);
      await journey.reaches(id, "running");
      for (const step of steps) {
        await sleep(1_200);
        set(step);
      }
      await isOver(id);
      set(0);
      const hidden = journey.logs.filter(({ line }) => line.includes("message-hidden") && line.includes(id));
      expect(hidden).to.deep.equal([]);
    });
  }

  it("finishes the job of a worker that died with its clock a day ahead", async () => {
    set(24 * hour);
    for (const { instances } of journey.cloud.groups.list()) for (const instance of instances) instance.kill();
    await until(() => journey.cloud.groups.list().every(({ instances }) => instances.length === 2));
    const id = await journey.submit("slow", 3_000);
    const running = await journey.reaches(id, "running");
    expect(Date.parse(String(running.startedAt))).to.be.greaterThan(Date.now() + 23 * hour);
    set(0);
    await killWorkerOf(journey, id);
    for (const { instances } of journey.cloud.groups.list()) for (const instance of instances) instance.kill();
    await until(() => handlers.startsOf(id) === 2);
    // What is lost with a worker counts for no attempt.
    expect(await journey.reaches(id, "succeeded")).to.include({ attempts: 1 });
  });
});
