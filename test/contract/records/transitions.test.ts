import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { isFinal, jobStates } from "../../../contract/records/record";
import { statesAfter, transitions } from "./transitions";

const record = { id: "a", type: "word-count", attempts: 1, submittedAt: "2026-11-02T10:00:00.000Z" } as const;

describe("transitions", () => {
  it("reach every state from none", () => {
    const reached = new Set<string | undefined>([undefined]);
    for (let known = 0; known < reached.size;) {
      known = reached.size;
      for (const { from, to } of transitions) if (reached.has(from)) reached.add(to);
    }
    reached.delete(undefined);
    expect([...reached]).to.have.members([...jobStates]);
  });

  it("leave no final state but by a redrive of a failed or cancelled job", () => {
    const leaving = transitions.filter(({ from }) => from !== undefined && isFinal(from));
    expect(leaving.map(({ event, from }) => [event, from])).to.deep.equal([
      ["redrive", "failed"],
      ["redrive", "failed"],
      ["redrive", "cancelled"],
      ["redrive", "cancelled"],
    ]);
  });

  it("say that a job to be cancelled is no longer claimed, and a leased one by no other worker", () => {
    const running = { ...record, state: "running", leaseUntil: 1_000 } as const;
    expect(statesAfter("claim", running, 999)).to.deep.equal([]);
    expect(statesAfter("claim", running, 1_000)).to.deep.equal(["running"]);
    expect(statesAfter("claim", { ...running, cancelRequestedAt: "x" }, 1_000)).to.deep.equal([]);
    expect(statesAfter("cancel", { ...running, cancelRequestedAt: "x" }, 1_000)).to.deep.equal(["cancelled"]);
    expect(statesAfter("cancel", { ...record, state: "queued" }, 0)).to.deep.equal([]);
    expect(statesAfter("submit", undefined, 0)).to.deep.equal(["queued"]);
    expect(statesAfter("submit", { ...record, state: "queued" }, 0)).to.deep.equal([]);
  });

  it("are those that docs/api.md draws", () => {
    const [, diagram] = /```mermaid\n(stateDiagram-v2\n[^`]*)```/.exec(
      readFileSync(join(__dirname, "../../../docs/api.md"), "utf8"),
    )!;
    const drawn = diagram!.split("\n").flatMap((line) => {
      const [, from, to, events] = /^ *(\S+) --> (\S+): (.*)$/.exec(line) ?? [];
      return events?.split(", ").map((event) => `${from} ${event} ${to}`) ?? [];
    });
    expect(drawn).to.have.members(transitions.map(({ event, from = "[*]", to }) => `${from} ${event} ${to}`));
    const ends = [...diagram!.matchAll(/^ *(\w+) --> \[\*\]$/gm)].map(([, state]) => state);
    expect(ends).to.have.members(jobStates.filter(isFinal));
  });
});
