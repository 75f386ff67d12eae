import { expect } from "chai";
import { eventsOf, spansOf } from "../../console/timeline";
import type { Job } from "../../contract/http/answers";

const at = (second: number) => new Date(second * 1_000).toISOString();
const failedTwice: Job = {
  ...{ id: "a", type: "t", state: "failed", attempts: 2, submittedAt: at(0), submittedBy: "ann" },
  ...{ startedAt: at(8), finishedAt: at(9), error: { name: "RangeError", message: "14" } },
  attemptLog: [
    { attempt: 1, worker: "i-1", startedAt: at(2), endedAt: at(5), outcome: "lost" },
    { ...{ attempt: 2, worker: "i-2", startedAt: at(8), endedAt: at(9), outcome: "failed" as const } },
  ],
};

describe("A job's timeline", () => {
  it("tells each event once, oldest first", () => {
    expect(eventsOf(failedTwice).map(({ text }) => text)).to.deep.equal([
      "Submitted by ann",
      "Attempt 1 began on i-1",
      "Attempt 1 lost its worker",
      "Attempt 2 began on i-2",
      "Attempt 2 failed",
      "Failed: RangeError",
    ]);
  });

  it("is divided into waiting and attempts, without gaps", () => {
    const spans = spansOf(failedTwice, 100_000);
    expect(spans.map(({ kind, from, to }) => [kind, from / 1_000, to / 1_000])).to.deep.equal([
      ...[
        ["waiting", 0, 2],
        ["cancelled", 2, 5],
        ["waiting", 5, 8],
        ["failed", 8, 9],
      ],
    ]);
  });

  it("goes on until now while the job runs or waits", () => {
    const running: Job = { id: "a", type: "t", state: "running", attempts: 1, submittedAt: at(0), startedAt: at(1) };
    expect(spansOf(running, 4_000).map(({ kind, to }) => [kind, to])).to.deep.equal([
      ["waiting", 1_000],
      ["running", 4_000],
    ]);
    const queued: Job = { id: "a", type: "t", state: "queued", attempts: 0, submittedAt: at(0) };
    expect(spansOf(queued, 3_000).map(({ kind, to }) => [kind, to])).to.deep.equal([["waiting", 3_000]]);
  });
});
