import { expect } from "chai";
import { PassThrough } from "node:stream";
import { WriteStream } from "node:tty";
import type { Job } from "../../client";
import { ProgressBars } from "../../cli/progressBars";

const job: Job = { id: "a", type: "t", state: "running", attempts: 1, submittedAt: "2026-11-24T00:00:00.000Z" };

/** A terminal that keeps what it is sent. */
function terminal(isTTY: boolean): { stream: WriteStream; text: () => string } {
  let text = "";
  const stream = new PassThrough().on("data", (chunk) => (text += String(chunk)));
  const controls = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true, clearScreenDown: () => true };
  Object.assign(stream, { isTTY, columns: 120, rows: 24, ...controls });
  return { stream: stream as unknown as WriteStream, text: () => text };
}

describe("ProgressBars", () => {
  it("show each job's progress and note on a terminal", () => {
    const { stream, text } = terminal(true);
    const bars = new ProgressBars(true, stream);
    bars.show({ ...job, progress: { fraction: 0.42, note: "page\n1" } });
    bars.show({ ...job, id: "b", state: "succeeded" });
    bars.stop();
    expect(text())
      .to.match(/ a .* 42 % running page 1/)
      .and.match(/ b .* 100 % succeeded/);
  });

  it("write nothing where there is no terminal, or to programs", () => {
    for (const [isTTY, isShown] of [
      [false, true],
      [true, false],
    ] as const) {
      const { stream, text } = terminal(isTTY);
      const bars = new ProgressBars(isShown, stream);
      bars.show(job);
      bars.stop();
      expect(text()).to.equal("");
    }
  });
});
