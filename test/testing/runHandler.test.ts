import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { DefinedJob } from "../../contract/handlers/defineJob";
import type { Job, JobContext } from "../../contract/handlers/handler";
import { runHandler } from "../../testing";
import { addJobPackages } from "../support/jobPackages";
import { buildWorker } from "../worker-image/helpers/build";

describe("runHandler", () => {
  const before_ = process.cwd();
  let folder: string;

  before(buildWorker);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "run handler "));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before_);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes a handler's file, and gives its path. */
  function file(name: string, text: string): string {
    mkdirSync(join(folder, "jobs"), { recursive: true });
    writeFileSync(join(folder, "jobs", name), text);
    return `./jobs/${name}`;
  }

  it("runs a file in TypeScript on a payload", async () => {
    const handler = file(
      "double.ts",
      `import { factor } from "./factor";
       export default async (job: { payload: { n: number } }) => ({ n: job.payload.n * factor });`,
    );
    file("factor.ts", `export const factor: number = 2;`);
    const run = await runHandler<{ n: number }>(handler, { payload: { n: 21 } });
    expect(run).to.deep.include({ outcome: "succeeded", result: { n: 42 }, progress: [], logs: [] });
    expect(run.result!.n).to.equal(42);
  });

  it("runs a function with what it captures, and gives what it reports and writes", async () => {
    const greeting = "Hello";
    const run = await runHandler(
      async (job: Job<{ name: string }>, context: JobContext) => {
        const fs = await import("node:fs");
        context.progress(0.5, "half way");
        context.checkpoint({ after: job.checkpoint });
        context.logger.info("greeting", { name: job.payload.name });
        console.error("careful");
        fs.writeFileSync(`${context.directory}/note.txt`, "left here");
        return `${greeting} ${job.payload.name}, ${job.tenant}, ${job.attempt}`;
      },
      { payload: { name: "Ada" }, tenant: "acme", attempt: 2, checkpoint: { part: 1 } },
    );
    expect(run).to.deep.include({ outcome: "succeeded", result: "Hello Ada, acme, 2" });
    expect(run.progress).to.deep.equal([{ fraction: 0.5, note: "half way" }]);
    expect(run.checkpoints).to.deep.equal([{ after: { part: 1 } }]);
    expect(run.logs).to.deep.equal([
      { level: "info", message: "greeting", fields: { name: "Ada" } },
      { level: "warn", message: "careful", stream: "stderr" },
    ]);
    expect(readFileSync(join(run.directory, "note.txt"), "utf8")).to.equal("left here");
  });

  it("runs a processor's command, whose exit codes count as on AWS", async () => {
    const command = [
      process.execPath,
      "-e",
      `
      const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
      console.log("progress 0.25 read");
      if (job.payload.code) { console.error("no good"); process.exit(job.payload.code); }
      console.log(JSON.stringify({ dir: process.env.JOB_DIR, secret: process.env.TOKEN }));`,
    ];
    const secrets = { TOKEN: "correct horse" };
    const done = await runHandler<{ dir: string; secret: string }>({ command }, { payload: {}, secrets });
    expect(done).to.deep.include({ outcome: "succeeded", progress: [{ fraction: 0.25, note: "read" }] });
    expect(done.result).to.deep.equal({ dir: done.directory, secret: "correct horse" });
    expect(await runHandler({ command }, { payload: { code: 3 } })).to.include({
      outcome: "failed",
      isPermanent: true,
    });
    expect(await runHandler({ command }, { payload: { code: 4 } })).to.include({ outcome: "given-back" });
    const failed = await runHandler({ command }, { payload: { code: 5 } });
    expect(failed).to.include({ outcome: "failed", isPermanent: false });
    expect(failed.error!.message).to.include("no good");
  });

  it("runs the stock image's handlers by name", async () => {
    const run = await runHandler({ handler: "word-count" }, { payload: { text: "to be" } });
    expect(run.outcome).to.equal("succeeded");
    expect(run.result).to.include({ words: 2 });
  });

  it("ends an attempt that takes longer than its time, and one whose worker has to end", async () => {
    const handle = async (_job: Job, context: JobContext) => {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      return context.giveBack("too late to matter");
    };
    const late = await runHandler({ handle, timeoutSeconds: 0.2 }, { payload: null });
    expect(late).to.include({ outcome: "failed", isPermanent: false });
    expect(late.error).to.deep.equal({
      name: "TimeoutError",
      message: "The attempt took longer than 0.2 s and was stopped",
    });
    const stopping = new AbortController();
    const stopped = runHandler(handle, { payload: null, signal: stopping.signal });
    stopping.abort();
    expect(await stopped).to.include({ outcome: "given-back" });
  });

  it("reports errors as the record would, without secrets", async () => {
    const handle = async () => {
      throw Object.assign(new Error(`refused with ${process.env.PASSWORD}`), { permanent: true });
    };
    const run = await runHandler(handle, { payload: null, secrets: { PASSWORD: "hunter2hunter2" } });
    expect(run).to.include({ outcome: "failed", isPermanent: true });
    expect(run.error!.message).to.equal("refused with ***");
  });

  it("refuses what the API or a deployment would", async () => {
    const payloadSchema = { type: "object", required: ["n"] };
    const rejection = async (run: Promise<unknown>) =>
      run.then(
        () => expect.fail("Expected a rejection"),
        (error: Error) => error.message,
      );
    const handle = () => Promise.resolve();
    expect(await rejection(runHandler({ handle, payloadSchema }, { payload: {} })))
      .to.include("The API would refuse this payload")
      .and.to.include("n");
    expect(await rejection(runHandler("./jobs/none.ts", { payload: {} }))).to.include("./jobs/none.ts");
    expect(await rejection(runHandler(file("plain.ts", "export const n = 1;"), { payload: {} }))).to.include("default");
    expect(await rejection(runHandler({ handler: "nothing-such" }, { payload: {} }))).to.include("nothing-such");
    expect(await rejection(runHandler({}, { payload: {} }))).to.include("Expected a handler");
  });

  it("runs a file with defineJob on what its schema takes and makes, by path or by the job itself", async () => {
    addJobPackages(folder);
    const handler = file(
      "born.js",
      `const { z } = require("zod"); const { defineJob } = require("batch-job-processor/job");
       exports.default = defineJob({
         name: "born", timeoutSeconds: 100,
         payload: z.object({ at: z.string().transform((text) => new Date(text)), plus: z.number().default(1) }),
         handle: async ({ payload }) => payload.at.getUTCFullYear() + payload.plus,
       });
       exports.other = defineJob({ name: "other", handle: async () => 1 });`,
    );
    const payload = { at: "1815-12-10" };
    expect(await runHandler(handler, { payload })).to.include({ outcome: "succeeded", result: 1_816 });
    type Born = DefinedJob<"born", { at: string; plus?: number }, unknown, number>;
    const jobs = createRequire(join(folder, "x.js"))(handler) as { default: Born; other: Born };
    const { result }: { result?: number } = await runHandler(jobs.default, { payload });
    expect(result).to.equal(1_816);
    const rejection = (run: Promise<unknown>) => run.then(String, (error: Error) => error.message);
    expect(await rejection(runHandler(handler, { payload: { at: 3 } }))).to.match(
      /The API would refuse this payload:\n {2}\/payload\/at: /,
    );
    expect(await rejection(runHandler(jobs.other, { payload }))).to.include("as the default export of");
  });

  it("runs several at once, each in a folder of its own, which ends with the process", async () => {
    const runs = await Promise.all(
      [1, 2, 3].map((n) =>
        runHandler(async (job: Job<number>, { directory }: JobContext) => [job.payload, directory], { payload: n }),
      ),
    );
    expect(runs.map(({ result }) => (result as [number])[0])).to.deep.equal([1, 2, 3]);
    expect(new Set(runs.map(({ directory }) => directory)).size).to.equal(3);
    for (const { directory } of runs) expect(existsSync(directory)).to.equal(true);
  });
});
