import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { limits } from "../../contract/limits";
import { type LogLevel } from "../../contract/log";
import { HandlerRunner } from "../../worker-image/src/handlers/javascript/handlerRunner";
import { type LineAbout, maxLineCharacters } from "../../worker-image/src/handlers/jobLog";
import { type Runner } from "../../worker-image/src/handlers/runner";
import { buildWorker, distFolder, fixturesFolder } from "./helpers/build";
import { createRunnerParts } from "./helpers/runnerParts";

describe("The outcome of a handler", () => {
  let runner: Runner;

  before(buildWorker);
  before(async () => {
    runner = new HandlerRunner({
      ...createRunnerParts(),
      entryPath: path.join(distFolder, "handlerMain.js"),
      modulePath: path.join(fixturesFolder, "code.cjs"),
      maxHeapMegabytes: 128,
    });
    await runner.start();
  });
  after(() => runner.close());

  /** Runs the code as a handler's body. */
  async function run(code: string, resultFolder?: string) {
    const lines: { level: LogLevel; message: string; about?: LineAbout }[] = [];
    const progress: unknown[] = [];
    const job = { id: "job-1", type: "js", payload: { code }, attempt: 1, submittedAt: "2026-01-01T00:00:00.000Z" };
    const outcome = await runner.run(job, new AbortController().signal, {
      traceparent: "00-trace",
      onProgress: (fraction, note) => progress.push([fraction, note]),
      onLog: (level, message, about) => lines.push({ level, message, about }),
      resultFolder,
    });
    return { outcome, lines, progress };
  }

  async function failureOf(code: string) {
    const { outcome } = await run(code);
    if (outcome.kind !== "failed") throw new Error(`Expected a failure, got ${JSON.stringify(outcome)}`);
    return outcome;
  }

  const refused = [
    ["return new Map([['a', 1]])", "a Map"],
    ["return { of: [new Set()] }", "a Set, which JSON would empty or change at /of/0"],
    ["return new Error('x')", "an error (x)"],
    ["return new Response('x')", "a Response"],
    ["return new Uint8Array(2)", "an Uint8Array"],
    [
      "return Promise.allSettled([1, Promise.reject(new Error('row 7 has no price'))])",
      "an error (row 7 has no price), which JSON would empty or change at /1/reason",
    ],
    ["return { mean: 0 / 0 }", "NaN at /mean"],
    ["return [() => 1]", "a function at /0"],
    ["return { id: 12n }", "the BigInt 12 at /id"],
  ] as const;
  for (const [code, message] of refused) {
    it(`refuses for good, by path: ${code}`, async () => {
      const { error, isPermanent } = await failureOf(code);
      expect([error.name, isPermanent]).to.deep.equal(["ResultError", true]);
      expect(error.message).to.include(message);
    });
  }

  it("leaves a result over the limit out, and says what it was", async () => {
    const { outcome } = await run(`return "x".repeat(${limits.maxResultBytes})`);
    expect(outcome).to.include({ kind: "succeeded", result: undefined });
    expect(outcome).to.have.nested.property("omitted.bytes", limits.maxResultBytes + 2);
  });

  it("writes a result over the limit into a file, if there is a place for one", async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), "results-")), "new");
    const value = { ä: "ö".repeat(limits.maxResultBytes) };
    const { outcome } = await run(`return { "ä": "ö".repeat(${limits.maxResultBytes}) }`, folder);
    const json = JSON.stringify(value);
    const sha256 = createHash("sha256").update(json).digest("hex");
    const file = { path: path.join(folder, "result"), bytes: Buffer.byteLength(json), sha256 };
    expect(outcome).to.deep.equal({ kind: "succeeded", result: undefined, file });
    expect(readFileSync(file.path, "utf8")).to.equal(json);
    expect((await run("return 7", folder)).outcome).to.deep.equal({ kind: "succeeded", result: 7 });
    const { outcome: failed } = await run(`return "x".repeat(${limits.maxResultBytes})`, file.path);
    expect(failed).to.deep.include({ kind: "failed", isPermanent: false });
    expect(failed).to.have.nested.property("error.name", "ResultNotWritten");
  });

  const reasons = [
    [
      "throw new Error('Could not load the customer', { cause: new Error('row 17 is locked') })",
      { name: "Error", message: "Could not load the customer: row 17 is locked" },
    ],
    [
      "await Promise.any([Promise.reject(new Error('mirror A: 503')), Promise.reject(new Error('mirror B: checksum'))])",
      { name: "AggregateError", message: "All promises were rejected: mirror A: 503; mirror B: checksum" },
    ],
    [
      "const e = new Error(); e.message = { code: 17, detail: 'row locked' }; throw e",
      { name: "Error", message: '{"code":17,"detail":"row locked"}' },
    ],
    ["const e = new Error('no'); e.name = { of: 1 }; throw e", { name: "Error", message: "no" }],
    ["throw undefined", { name: "Error", message: "Threw undefined" }],
    ["throw 'words'", { name: "Error", message: "words" }],
    [
      "throw Object.assign(new Error('no lock'), { code: 'ELOCKED' })",
      { name: "Error", message: "no lock (ELOCKED)", code: "ELOCKED" },
    ],
  ] as const;
  for (const [code, error] of reasons) {
    it(`says why: ${code}`, async () => {
      expect((await failureOf(code)).error).to.deep.include(error);
    });
  }

  it("says why a connection failed", async () => {
    const code = `const server = require("node:net").createServer();
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address();
      await new Promise((resolve) => server.close(resolve));
      await fetch("http://127.0.0.1:" + port)`;
    expect((await failureOf(code)).error.message).to.match(/^fetch failed: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  });

  it("fails with one attempt and the same process on hostile errors", async () => {
    const code = `const trap = () => { throw new Error("not to be looked at"); };
      throw new Proxy(new Error("x"), new Proxy({}, { get: () => trap }))`;
    expect((await failureOf(code)).error.message)
      .to.be.a("string")
      .and.not.equal("");
    const odd = await failureOf("const e = new Error('x'); e.message = { n: 1 }; e.permanent = true; throw e");
    expect(odd.isPermanent).to.equal(true);
    expect((await run("return 1")).outcome).to.deep.equal({ kind: "succeeded", result: 1 });
  });

  it("keeps the causes in the stack", async () => {
    const { stack } = await failureOf("throw new Error('outer', { cause: new TypeError('inner') })");
    expect(stack).to.match(/^Error: outer\n {4}at .*\nCaused by: TypeError: inner\n {4}at /s);
  });

  it("nests what is logged, errors with their causes, and keeps it within bounds", async () => {
    const { lines } = await run(`const error = new Error("row 4711 is locked", { cause: new Error("deadlock") });
      context.logger.info("customer row", { jobId: "crm-4711", level: "gold", _aws: 1, go() {} });
      context.logger.error("lookup failed", error);
      context.logger.warn(error);
      context.logger.warn("in fields", { err: error, at: new Date(0), map: new Map([["a", 1n]]), nan: NaN });
      context.logger.info({ a: 1 }, "text");
      context.logger.info("z".repeat(5e6), { z: "z".repeat(5e6), list: Array(1e6).fill("z") });
      context.logger.info(Object.create(null), new Proxy({}, { ownKeys() { throw 1; } }));`);
    const [row, failed, bare, inFields, odd, long, hostile] = lines;
    expect(row).to.deep.equal({
      level: "info",
      message: "customer row",
      about: { fields: { jobId: "crm-4711", level: "gold", _aws: 1 } },
    });
    expect(failed!.about!.fields!.error).to.include({ name: "Error", message: "row 4711 is locked" });
    expect(failed!.about!.fields!.error).to.have.nested.property("cause.message", "deadlock");
    expect(failed!.about!.fields!.error).to.have.property("stack").that.includes("row 4711");
    expect(bare!.message).to.equal("Error: row 4711 is locked: deadlock");
    expect(inFields!.about!.fields).to.deep.include({ at: "1970-01-01T00:00:00.000Z", map: { a: "1" }, nan: "NaN" });
    expect(inFields!.about!.fields!.err).to.have.nested.property("cause.message", "deadlock");
    expect(odd).to.deep.include({ message: '{"a":1}', about: { fields: { value: "text" } } });
    expect(long!.message).to.have.length.at.most(maxLineCharacters).and.to.include("(5000000 characters)");
    expect(JSON.stringify(long!.about)).to.have.length.at.most(40_000);
    expect(hostile!.message).to.equal("{}");
  });

  it("passes on the last progress however much there is, and warns of invalid progress", async () => {
    const { progress, lines } =
      await run(`for (let step = 0; step <= 1e6; step++) context.progress(step / 1e6, "all " + step);
      context.progress(5, "five percent")`);
    expect(progress.at(-1)).to.deep.equal([1, "five percent"]);
    expect(progress.length).to.be.lessThan(200);
    expect(lines.map(({ message }) => message)).to.deep.equal([
      "Expected progress as a number from 0 to 1, got number 5",
    ]);
    const short = await run(`context.progress(0.1, "begun"); context.progress(1, "all 3 files done")`);
    expect(short.progress.at(-1)).to.deep.equal([1, "all 3 files done"]);
  });
});
