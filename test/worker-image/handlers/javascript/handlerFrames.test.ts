import { expect } from "chai";
import { HandlerFrames } from "../../../../worker-image/src/handlers/javascript/handlerFrames";

const inline = new HandlerFrames("/worker/dist/processors/inline-0123.js", "/worker", true);
const own = new HandlerFrames("/app/processors/invoice.js", "/worker", false);

/** An error with such frames, from the innermost outwards. */
function thrown(frames: string[], more: object = {}): Error {
  const error = new TypeError("no\nlines");
  error.stack = ["TypeError: no", "lines", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return Object.assign(error, more);
}

describe("HandlerFrames", () => {
  it("finds the program's own files, and neither packages' nor Node's nor the worker's", () => {
    const error = thrown([
      "parse (job:node_modules/zod/v4/core/parse.js:23:9)",
      "Array.map (<anonymous>)",
      "process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
      "async check (job:jobs/in voice.ts:8:11)",
      "new Box (job:../lib/box.ts:2:3)",
      "job:jobs/invoice.ts:20:1",
      "__f0 (/worker/dist/processors/inline-0123.js:3:4)",
      "Object.handle [as default] (job:jobs/invoice.ts:30:1)",
      "async callHandler (/worker/src/handlers/javascript/handlerMain.ts:130:30)",
      "describe (/contract/check.ts:1:1)",
      "handlerMain (/worker/dist/handlerMain.js:1:1)",
    ]);
    expect(inline.of(error)).to.deep.equal([
      "check (jobs/in voice.ts:8:11)",
      "new Box (../lib/box.ts:2:3)",
      "jobs/invoice.ts:20:1",
      "handle [as default] (jobs/invoice.ts:30:1)",
    ]);
  });

  it("finds an image's own modules", () => {
    const error = thrown([
      "deep (file:///app/processors/lib/deep.js:1:2)",
      "other (/app/src/other.ts:3:4)",
      "use (/app/node_modules/x/y.js:1:1)",
      "invoice (/app/processors/invoice.js:9:9)",
      "runJob (/worker/dist/handlerMain.js:5:5)",
    ]);
    expect(own.of(error)).to.deep.equal([
      "deep (lib/deep.js:1:2)",
      "other (/app/src/other.ts:3:4)",
      "invoice (invoice.js:9:9)",
    ]);
  });

  it("keeps five of them, of 1,000 characters in all", () => {
    const many = Array.from({ length: 9 }, (_, index) => `f${index} (job:a.ts:${index}:1)`);
    expect(inline.of(thrown(many))).to.deep.equal([
      "f0 (a.ts:0:1)",
      "f1 (a.ts:1:1)",
      "f2 (a.ts:2:1)",
      "f3 (a.ts:3:1)",
      "f4 (a.ts:4:1)",
    ]);
    const long = ["short", "x".repeat(980), "y".repeat(20)].map((name) => `${name} (job:a.ts:1:1)`);
    expect(inline.of(thrown(long))).to.deep.equal(["short (a.ts:1:1)"]);
    const full = ["a", "b".repeat(976)].map((name) => `${name} (job:a.ts:1:1)`);
    expect(inline.of(thrown(full))!.join("\n")).to.have.length(1_000);
    expect(inline.of(thrown([full[0]!, `b${full[1]}`]))).to.deep.equal(["a (a.ts:1:1)"]);
  });

  it("takes those of the cause where the error has none, and says nothing of what has none", () => {
    const cause = thrown(["check (job:a.ts:1:1)"]);
    expect(inline.of(thrown(["parse (job:node_modules/zod/x.js:1:1)"], { cause }))).to.deep.equal(["check (a.ts:1:1)"]);
    for (const odd of ["text", undefined, null, 1, { stack: 1 }, thrown([])])
      expect(inline.of(odd)).to.equal(undefined);
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );
    expect(inline.of(hostile)).to.equal(undefined);
  });

  it("takes the first ones of an error, and those of its innermost cause", () => {
    const named = (name: string, count: number) =>
      Array.from({ length: count }, (_, line) => `${name} (job:a.ts:${line}:1)`);
    const cause = thrown([...named("inner", 2), "outer (job:a.ts:3:1)"]);
    const middle = thrown(named("middle", 2), { cause });
    expect(inline.of(thrown(named("outer", 5), { cause: middle }))).to.deep.equal([
      "outer (a.ts:0:1)",
      "outer (a.ts:1:1)",
      "outer (a.ts:2:1)",
      "caused by inner (a.ts:0:1)",
      "inner (a.ts:1:1)",
    ]);
  });

  it("finds asynchronous frames without a name", () => {
    expect(inline.of(thrown(["async job:a.ts:2:3", "async Promise.all (index 0)"]))).to.deep.equal(["a.ts:2:3"]);
  });

  it("shows a stack with the program's own names of its files", () => {
    const { stack } = thrown([
      "check (job:a.ts:1:1)",
      "__check (job:handler-entry.js:8:3)",
      "job:b.ts:2:2",
      "async run (/worker/dist/handlerMain.js:1:1)",
    ]);
    expect(inline.shown(stack)).to.equal(
      "TypeError: no\nlines\n    at check (a.ts:1:1)\n    at b.ts:2:2\n    at async run (dist/handlerMain.js:1:1)",
    );
  });
});
