import { expect } from "chai";
import { readTraceparent } from "../../../contract/messages/traceparent";
import { traceOf, traceparentOf } from "../../../worker-image/src/job/trace";

const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentId: "00f067aa0ba902b7", flags: "00" };
const traceparent = `00-${caller.traceId}-${caller.parentId}-00`;
const first = { attempt: 1, claim: 7 };

describe("traceOf", () => {
  it("goes on with the submitter's trace", () => {
    expect(traceOf({ id: "a", traceparent }, first, "jobs")).to.include(caller);
  });

  it("begins a trace where there is none, or an invalid one: the same for all attempts, another per job and deployment", () => {
    const one = traceOf({ id: "a" }, first, "jobs");
    const next = traceOf({ id: "a", traceparent: "00-0-0-01" }, { attempt: 1, claim: 8 }, "jobs");
    expect(one).to.include({ parentId: undefined, flags: "01" });
    expect(next).to.include({ traceId: one.traceId, submitId: one.submitId, parentId: undefined });
    expect(traceOf({ id: "a" }, first, "jobs")).to.deep.equal(one);
    const spans = [one.submitId, one.waitId, one.attemptId, next.waitId, next.attemptId];
    expect(new Set(spans).size).to.equal(spans.length);
    for (const other of [traceOf({ id: "b" }, first, "jobs"), traceOf({ id: "a" }, first, "others")]) {
      expect(other.traceId).not.to.equal(one.traceId);
      expect(other.submitId).not.to.equal(one.submitId);
    }
  });

  it("makes a replay a child of the submission whose trace it goes on with", () => {
    const { traceId, submitId } = traceOf({ id: "a" }, first, "jobs");
    const replay = traceOf({ id: "b", traceparent: "job:a" }, first, "jobs");
    expect(replay).to.include({ traceId, parentId: submitId, flags: "01" });
    expect(replay.submitId).not.to.equal(submitId);
  });
});

describe("traceparentOf", () => {
  it("names the attempt's span only if that is exported: else the submitter's, or the attempt's if there is none", () => {
    const traced = traceOf({ id: "a", traceparent }, first, "jobs");
    expect(traceparentOf(traced, true)).to.equal(`00-${caller.traceId}-${traced.attemptId}-00`);
    expect(traceparentOf(traced, false)).to.equal(traceparent);
    const own = traceOf({ id: "a" }, first, "jobs");
    for (const isExported of [true, false]) {
      const text = traceparentOf(own, isExported);
      expect(text).to.equal(`00-${own.traceId}-${own.attemptId}-01`).and.equal(readTraceparent(text));
    }
  });
});
