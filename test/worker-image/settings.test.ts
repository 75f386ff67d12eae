import { expect } from "chai";
import { encodeWorkerSettings } from "../../contract/workerSettings";
import { readOptions } from "../../worker-image/src/settings";
import { guardAgainstLeaks } from "../support/leakGuard";
import { settings } from "./helpers/doubles";

const environment = encodeWorkerSettings(settings);

describe("readOptions", () => {
  guardAgainstLeaks();

  it("reads what the fleet writes, with defaults for the rest", () => {
    const read = readOptions(environment, "/worker/processors");
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    expect(read.value.settings).to.deep.equal(settings);
    expect(read.value).to.deep.include({ slots: 2, processorsDirs: ["/worker/processors"], exitsWithParent: false });
    expect(read.value.workerId).to.include(String(process.pid));
    expect(read.value.maxHeapMegabytes).to.be.at.least(128);
  });

  it("takes all vCPUs for 0 slots, and the optional variables", () => {
    const read = readOptions(
      {
        ...environment,
        WORKER_SLOTS: "0",
        WORKER_ID: "w1",
        WORKER_PROCESSORS_DIR: "/opt/handlers",
        WORKER_MAX_HEAP_MEGABYTES: "99",
        WORKER_EXIT_WITH_PARENT: "1",
        WORKER_HEALTH_PORT: "8080",
      },
      "/worker/processors",
    );
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    expect(read.value.slots).to.be.at.least(1);
    expect(read.value).to.deep.include({
      workerId: "w1",
      processorsDirs: ["/opt/handlers", "/worker/processors"],
      maxHeapMegabytes: 99,
      exitsWithParent: true,
    });
    expect(read.value.settings.healthPort).to.equal(8_080);
  });

  it("names every variable that is missing or out of range", () => {
    const problemsOf = (changes: Record<string, string>) => {
      const read = readOptions({ ...environment, ...changes }, "");
      return read.ok ? [] : read.problems.map(({ path }) => path);
    };
    expect(problemsOf({ WORKER_TYPE: "", WORKER_SLOTS: "two" })).to.deep.equal(["WORKER_TYPE", "WORKER_SLOTS"]);
    expect(
      problemsOf({
        WORKER_SLOTS: "1.5",
        WORKER_VISIBILITY_TIMEOUT_SECONDS: "0",
        WORKER_MAX_ATTEMPTS: "0",
        WORKER_TIMEOUT_SECONDS: "0",
        WORKER_DRAIN_SECONDS: "99999",
        WORKER_MAX_HEAP_MEGABYTES: "lots",
        WORKER_HEALTH_PORT: "0",
      }),
    ).to.have.length(7);
  });
});
