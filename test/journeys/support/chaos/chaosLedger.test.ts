import { expect } from "chai";
import { checkLedger, type Entry, type Evidence, parseEntry } from "./chaosLedger";

const start = (attempt: number, worker: string, at: number): Entry => ({ what: "start", id: "a", attempt, worker, at });
const line = (worker: string, event: string, attempt: number) => ({
  name: worker,
  line: JSON.stringify({ event, jobId: "a", attempt }),
});

/** Checks with nothing seen but the given. */
function check(entries: Entry[], seen: Partial<Evidence> = {}): void {
  checkLedger(entries, { completions: new Map(), retries: [], losses: [], logs: [], ...seen });
}

describe("the chaos ledger", () => {
  const repeat = [start(1, "i-1", 100), start(1, "i-2", 200)];
  const retry = [start(1, "i-1", 100), start(2, "i-2", 200)];

  it("reads what a handler notes", () => {
    expect(parseEntry("start a 1 i-1 100")).to.deep.equal(start(1, "i-1", 100));
  });

  it("refuses a repeat without a cause", () => {
    expect(() => check(retry)).to.throw("repeat of a, attempt 1");
    expect(() => check(repeat)).to.throw("attempts of a: 1,1");
    expect(() => check(retry, { logs: [line("i-1", "job-retried", 1)] })).to.throw("repeat of a");
    expect(() => check(retry, { logs: [line("i-2", "heartbeat-failed", 1)] })).to.throw("repeat of a");
    expect(() => check(retry, { logs: [line("i-1", "heartbeat-failed", 2)] })).to.throw("repeat of a");
    expect(() => check(retry, { logs: [line("i-1", "job-failed", 1)] })).to.throw("repeat of a");
  });

  it("takes the order of starts from their times", () => {
    expect(() => check([...retry].reverse(), { logs: [line("i-2", "heartbeat-failed", 2)] })).to.throw("attempt 1");
  });

  it("takes for a cause what the worker wrote into the record before the repeat", () => {
    const written = { id: "a", attempt: 1, worker: "i-1", at: 150 };
    check(retry, { retries: [written] });
    for (const other of [{ id: "b" }, { attempt: 2 }, { worker: "i-2" }, { at: 201 }]) {
      expect(() => check(retry, { retries: [{ ...written, ...other }] })).to.throw("repeat of a");
    }
    expect(() => check(repeat, { retries: [written] })).to.throw("attempts of a: 1,1");
  });

  it("knows the causes that a worker names", () => {
    for (const event of ["settling-retried", "heartbeat-failed"]) {
      check(retry, { logs: [line("i-1", event, 1)] });
    }
    check(repeat, { logs: [line("i-1", "job-lease-lost", 1)] });
  });

  it("counts an attempt as lost with the handler's process that it ran in", () => {
    const died = (at: number) => {
      const time = new Date(at).toISOString();
      return { name: "i-1", line: JSON.stringify({ time, event: "handler-died", jobIds: ["b", "a"] }) };
    };
    check(repeat, { logs: [died(100)] });
    for (const at of [99, 201]) expect(() => check(repeat, { logs: [died(at)] })).to.throw("attempts of a: 1,1");
  });

  it("refuses a start after the recorded success", () => {
    const logs = [line("i-1", "heartbeat-failed", 1)];
    check(retry, { logs, completions: new Map([["a", 200]]) });
    expect(() => check(retry, { logs, completions: new Map([["a", 199]]) })).to.throw("start of a, attempt 2");
  });

  it("counts an attempt as lost with its worker, also where it began in the moment after the kill", () => {
    check(repeat, { losses: [{ victim: "i-1", from: 150 }] });
    check(repeat, { losses: [{ victim: "i-1", from: 90 }] });
    check([...repeat, { what: "kill", id: "b", attempt: 1, worker: "i-1", at: 90 }]);
  });

  it("does not blame a kill that came after the repeat, or that hit another worker", () => {
    expect(() => check(repeat, { losses: [{ victim: "i-1", from: 201 }] })).to.throw("attempts of a: 1,1");
    expect(() => check(retry, { losses: [{ victim: "i-1", from: 201 }] })).to.throw("repeat of a");
    expect(() => check(repeat, { losses: [{ victim: "i-2", from: 90 }] })).to.throw("repeat of a");
    expect(() => check([...repeat, { what: "kill", id: "b", attempt: 1, worker: "i-2", at: 90 }])).to.throw("repeat");
  });

  it("counts an attempt as lost that a frozen worker had begun, and none that it began afterwards", () => {
    check(repeat, { losses: [{ victim: "i-1", from: 50, until: 150 }] });
    expect(() => check(repeat, { losses: [{ victim: "i-1", from: 50, until: 99 }] })).to.throw("attempts of a: 1,1");
    expect(() => check(repeat, { losses: [{ victim: "i-1", from: 201, until: 300 }] })).to.throw("attempts of a: 1,1");
  });
});
