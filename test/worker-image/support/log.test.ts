import { expect } from "chai";
import { createWorkerLog } from "../../../worker-image/src/support/log";

describe("the worker's log", () => {
  it("names worker and type in warnings and errors alone", () => {
    const lines: string[] = [];
    const log = createWorkerLog(
      (line) => lines.push(line),
      { worker: "i-1", jobType: "t" },
      () => 0,
    );
    for (const level of ["debug", "info", "warn", "error"] as const) log(level, "job-log", { jobId: "a" });
    const named = lines
      .map((line) => JSON.parse(line) as object)
      .map((entry) => "worker" in entry && "jobType" in entry);
    expect(named).to.deep.equal([false, false, true, true]);
  });
});
