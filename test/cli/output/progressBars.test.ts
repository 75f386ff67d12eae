import { PassThrough } from "node:stream";
import { type WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import stringWidth from "string-width";
import { ProgressBars } from "../../../cli/output/progressBars";
import type { Job } from "../../../client/index";

const job: Job = { id: "a", type: "t", state: "running", attempts: 1, submittedAt: "2026-11-24T00:00:00.000Z" };

/** A terminal that keeps what it is sent. */
function terminal(isTTY: boolean, columns = 120): { stream: WriteStream; text: () => string } {
  let text = "";
  const stream = new PassThrough().on("data", (chunk) => (text += String(chunk)));
  const controls = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true, clearScreenDown: () => true };
  Object.assign(stream, { isTTY, columns, rows: 24, ...controls });
  return { stream: stream as unknown as WriteStream, text: () => text };
}

describe("ProgressBars", () => {
  it("show each job's progress and note on a terminal", () => {
    const { stream, text } = terminal(true);
    const bars = new ProgressBars(true, ["a", "b"], stream);
    bars.show({ ...job, progress: { fraction: 0.42, note: "page\n1" } });
    bars.show({ ...job, id: "b", state: "succeeded" });
    bars.stop();
    expect(text())
      .to.match(/ a .* 42 % running page 1/)
      .and.match(/ b .* 100 % succeeded/);
  });

  it("fit the terminal, with percentage and state before the note, whatever the id and the note", () => {
    const id = `key-${"k".repeat(43)}`;
    for (const columns of [40, 60, 80, 120]) {
      const { stream, text } = terminal(true, columns);
      const bars = new ProgressBars(true, [id], stream);
      bars.show({ ...job, id, progress: { fraction: 0.42, note: `page ${"漢字👩‍👩‍👧".repeat(30)}` } });
      bars.stop();
      const [line = ""] = stripVTControlCharacters(text()).split("\n");
      expect(stringWidth(line), line).to.be.lessThan(columns);
      expect(line).to.match(columns < 60 ? / 42 %/ : / 42 % running/);
    }
  });

  it("are one for all where they are many, with what became of them", () => {
    const { stream, text } = terminal(true, 80);
    const ids = Array.from({ length: 30 }, (_, index) => `job-${index}`);
    const bars = new ProgressBars(true, ids, stream);
    const states = ["succeeded", "failed", "running", "queued"] as const;
    for (const [index, id] of ids.entries()) {
      bars.show({ ...job, id, state: states[index % 4]!, progress: { fraction: 0.5 } });
    }
    bars.stop();
    const lines = stripVTControlCharacters(text()).trim().split("\n");
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^ ?16 of 30 ended .* \d+ % 7 running, 7 queued, 8 failed/);
    expect(stringWidth(lines[0]!)).to.be.lessThan(80);
  });

  it("are words alone while the total is unknown", () => {
    const { stream, text } = terminal(true, 80);
    const bars = new ProgressBars(true, [], stream);
    bars.draw("a", { name: "retry", note: "12 done" });
    bars.draw("b", { name: "cancel", fraction: 0.5, note: "x" });
    bars.stop();
    expect(stripVTControlCharacters(text())).to.match(/^ retry 12 done\s+ cancel █+░+ {2}50 % x/m);
  });

  it("have lines said above them, or alone", () => {
    for (const isTTY of [true, false]) {
      const { stream, text } = terminal(isTTY);
      const bars = new ProgressBars(true, ["a"], stream);
      bars.show(job);
      bars.say(["Job a waits: ", "\u001b[8mhidden"]);
      bars.stop();
      const lines = stripVTControlCharacters(text()).split("\n");
      expect(lines[0]).to.match(/Job a waits: .\[8mhidden$/);
      expect(text()).not.to.include("\u001b[8m");
      expect(lines.slice(1).join("")).to.match(isTTY ? /^ a .* 0 % running/ : /^$/);
    }
  });

  it("write nothing without a terminal, or to programs", () => {
    for (const [isTTY, isShown] of [
      [false, true],
      [true, false],
    ] as const) {
      const { stream, text } = terminal(isTTY);
      const bars = new ProgressBars(isShown, ["a"], stream);
      bars.show(job);
      bars.stop();
      expect(text()).to.equal("");
    }
  });
});
