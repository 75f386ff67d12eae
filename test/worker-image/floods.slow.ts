import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { isFinal } from "../../contract/records/record";
import { logBounds } from "../../worker-image/src/handlers/jobLog";
import { buildWorker, fixturesFolder } from "./helpers/build";
import { createJobWorld, type JobWorld } from "./helpers/jobWorld";
import { WorkerProcess } from "./helpers/workerProcess";

/** A worker that has done nothing holds some 130 MB; a flood once took it to 3,000. */
const maxPeakMegabytes = 450;

/** The worker's own lines about a job, beside the bounded lines. */
const ownLines = 100;

const js = { handler: path.join(fixturesFolder, "code.cjs") };
const sh = {
  handler: undefined,
  command: ["sh", "-c", `read -r JOB; eval "$(printf %s "$JOB" | sed 's/.*"sh":"//; s/"}.*//')"`],
};

describe("A job that floods its worker", () => {
  let world: JobWorld;

  before(buildWorker);
  before(async () => void (world = await createJobWorld()));
  after(() => world.close());

  const floods: [string, object, object, "succeeded" | "failed"][] = [
    [
      "a million lines by the logger",
      js,
      { code: 'for (let n = 0; n < 1e6; n++) context.logger.info("line " + n, { n })' },
      "succeeded",
    ],
    [
      "a million lines by the console",
      js,
      { code: 'for (let n = 0; n < 1e6; n++) console.log("line " + n)' },
      "succeeded",
    ],
    [
      "three million reports of progress",
      js,
      { code: "for (let n = 0; n <= 3e6; n++) context.progress(n / 3e6)" },
      "succeeded",
    ],
    [
      "lines of millions of characters",
      js,
      {
        code: "console.log('y'.repeat(2e7)); context.logger.info('z'.repeat(5e6)); throw new Error('upstream said ' + 'x'.repeat(3e6))",
      },
      "failed",
    ],
    ["600,000 lines of a command", sh, { sh: "yes | head -600000; echo 1" }, "succeeded"],
    [
      "300 MB of a command",
      sh,
      { sh: "yes it goes on and on and on and on | head -c 300000000; echo; echo 1" },
      "succeeded",
    ],
    [
      "300 MB of errors",
      sh,
      { sh: "yes 0123456789012345678901234567890123456789 | head -c 300000000 >&2; echo 1" },
      "succeeded",
    ],
    ["one line of 300 MB", sh, { sh: "head -c 300000000 /dev/zero | tr 0 x; echo; echo 1" }, "succeeded"],
    [
      "a result of 300 MB",
      sh,
      { sh: "printf [1; yes ,$(seq -s, 1000) | head -c 300000000; echo; echo ]" },
      "succeeded",
    ],
  ];
  for (const [name, kind, payload, state] of floods) {
    it(`exhausts neither its memory nor its log: ${name}`, async function () {
      if (process.platform !== "linux") this.skip();
      const fields = {
        type: "flood",
        slots: 1,
        maxAttempts: 1,
        visibilityTimeoutSeconds: 6,
        timeoutSeconds: 200,
        ...kind,
      };
      const { settings, environment } = await world.createProcessor(fields);
      const worker = new WorkerProcess({ ...environment, WORKER_MAX_HEAP_MEGABYTES: "256" });
      try {
        const id = await world.submit(settings, payload);
        let record = await world.record(id);
        while (!record || !isFinal(record.state)) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          record = await world.record(id);
        }
        expect(record, JSON.stringify(record.error)).to.include({ state, attempts: 1 });
        await worker.event(`job-${state}`);
        const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8"))?.[1]) / 1_024;
        const longest = Math.max(...worker.events.map((event) => JSON.stringify(event).length));
        console.log(`      ${peak.toFixed(0)} MB, ${worker.events.length} lines, the longest of ${longest} characters`);
        expect(peak).to.be.below(maxPeakMegabytes);
        expect(worker.events.length).to.be.below(logBounds.lines + 10 * logBounds.linesPerSecond * 30 + ownLines);
        expect(longest).to.be.below(60_000);
        if (name.includes("progress")) expect(record.progress?.fraction).to.equal(1);
      } finally {
        worker.kill("SIGKILL");
        await worker.exited;
      }
    });
  }
});
