import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type Job, type ProcessorArgs } from "../../../components";
import { isRunning, receive, until } from "../../local-cloud/support";
import { addJobPackages } from "../../support/jobPackages";
import { type Journey, killWorkerOf, startJourney } from "../support/stack";

const factor = 3;
const options = { greeting: "hello", deep: { list: [1, 2] } };
const scale = (value: number) => value * factor;

/** A command of the test's own: what it does is the job's payload, as a line of shell. */
const shell = `
const { readFileSync } = require("node:fs");
const { spawn } = require("node:child_process");
const job = JSON.parse(readFileSync(0, "utf8"));
const child = spawn("sh", ["-c", job.payload.sh], { stdio: "inherit" });
process.on("SIGTERM", () => {});
child.on("exit", (code) => process.exit(code));
`;

/** A handler in files of its own, with a package. */
const fileHandler = {
  "package.json": "{}",
  "node_modules/of-esm/package.json": `{ "name": "of-esm", "type": "module", "main": "main.js" }`,
  "node_modules/of-esm/main.js": "export const twice = (value) => value * 2;",
  "jobs/rates.json": "[3]",
  "jobs/file.ts": `
import { twice } from "of-esm";
import { S3Client } from "@aws-sdk/client-s3";
import rates from "./rates.json";
import { rejectNegative } from "../lib/check";

const client = new S3Client({});
const rate: number = await Promise.resolve(rates[0]);

export default {
  factor: rate,
  async handle(job: { payload: { value: number } }, context: { progress(fraction: number): void }) {
    context.progress(0.5);
    rejectNegative(job.payload.value);
    return [twice(job.payload.value) * this.factor, typeof client.send];
  },
};
`,
  "jobs/defined.ts": `
import { defineJob } from "batch-job-processor/job";
import { z } from "zod";

export default defineJob({
  payload: z.object({ at: z.string().transform((text) => new Date(text)), plus: z.number().default(1) }),
  result: z.object({ year: z.number().int() }),
  handle: async ({ payload }) => ({ year: payload.at.getUTCFullYear() + payload.plus }),
});
`,
  "lib/check.ts": `
type Checked = number;

export function rejectNegative(value: Checked): void {
  if (value < 0) throw Object.assign(new RangeError("negative"), { permanent: true, code: "E_NEGATIVE" });
}
`,
};

describe("the kinds of handlers", () => {
  let folder: string;
  let journey: Journey;
  const settings = { backoffSeconds: 0.1, slots: 2, maxAttempts: 2 };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "handlers "));
    writeFileSync(join(folder, "shell.cjs"), shell);
    for (const [name, text] of Object.entries(fileHandler)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    addJobPackages(folder);
    const command = [process.execPath, join(folder, "shell.cjs")];
    const processors: ProcessorArgs[] = [
      {
        name: "inline",
        ...settings,
        async handle(job: Job<{ value: number }>, context) {
          context.progress(0.5, "half way");
          context.logger.info("working", { attempt: context.attempt });
          // A native import of a package that the image has.
          const { createHash } = await import("node:crypto");
          if (job.payload.value < 0) throw Object.assign(new Error("negative"), { permanent: true });
          return {
            scaled: scale(job.payload.value),
            greeting: `${options.greeting} ${options.deep.list.length}`,
            digest: createHash("sha256").update("a").digest("hex").slice(0, 8),
          };
        },
      },
      {
        name: "lacking",
        ...settings,
        minInstances: 1,
        handle: async () => {
          // @ts-expect-error There is no such package.
          const { join: glue } = (await import("no-such-package")) as { join: () => string };
          return glue();
        },
      },
      { name: "file", handler: join(folder, "jobs/file"), ...settings },
      { name: "defined", handler: join(folder, "jobs/defined"), ...settings },
      { name: "tool", command, ...settings, timeoutSeconds: 20 },
      { name: "hasty", command, ...settings, timeoutSeconds: 1, maxAttempts: 1 },
      { name: "absent", command: ["no-such-command"], ...settings, minInstances: 1 },
    ];
    const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" };
    journey = await startJourney(processors, undefined, {}, { workerEnvironment });
  });

  after(async () => {
    await journey?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const events = (event: string) =>
    journey.logs.flatMap(({ line }) => (line.includes(`"event":"${event}"`) ? [JSON.parse(line) as LogLine] : []));
  interface LogLine {
    jobType: string;
    error: { message: string; stack: string };
  }

  it("runs a handler's file with its packages, its data and what its module does at its top", async () => {
    const job = await journey.reaches(await journey.submit("file", { value: 7 }), "succeeded");
    expect(job).to.deep.include({ result: [42, "function"], progress: { fraction: 0.5 } });
  });

  it("checks payloads by a zod schema, gives the handler what it makes of them, and checks its result", async () => {
    const refused = await journey.call("POST", "/jobs", { type: "defined", payload: { at: 3 } });
    expect([refused.status, refused.body.code]).to.deep.equal([422, "invalid-payload"]);
    expect((refused.body.errors as { path: string }[]).map(({ path }) => path)).to.deep.equal(["/payload/at"]);
    const job = await journey.reaches(await journey.submit("defined", { at: "1815-12-10" }), "succeeded");
    expect(job.result).to.deep.equal({ year: 1_816 });
    const failed = await journey.reaches(await journey.submit("defined", { at: "1815-12-10", plus: 0.5 }), "failed");
    expect(failed).to.deep.include({ attempts: 1 });
    expect(failed.error).to.include({ name: "ResultError" });
    expect((failed.error as { message: string }).message).to.include("/result/year: ");
  });

  it("says in which line of which of its own files a handler threw", async () => {
    const job = await journey.reaches(await journey.submit("file", { value: -1 }), "failed");
    expect(job.error).to.deep.include({ name: "RangeError", code: "E_NEGATIVE" });
    const { frames } = job.error as { frames: string[] };
    expect(frames).to.deep.equal(["rejectNegative (lib/check.ts:5:38)", "handle (jobs/file.ts:14:5)"]);
    const letter = await receive(journey.sqs, journey.outputs.deadLetterQueueUrls.file!);
    expect(letter.MessageAttributes!.reason!.StringValue).to.equal("RangeError: negative (E_NEGATIVE)");
    expect(letter.MessageAttributes!.frames!.StringValue).to.equal(frames.join("\n"));
    const [line] = await until(() => {
      const found = events("job-failed").filter(({ jobType }) => jobType === "file");
      return found.length > 0 && found;
    });
    expect(line!.error.stack).to.include("at rejectNegative (lib/check.ts:5:38)").and.not.include("job:");
  });

  it("runs an inline handler with what it captured, its progress and its result", async () => {
    const id = await journey.submit("inline", { value: 14 });
    const job = await journey.reaches(id, "succeeded");
    expect(job.result).to.deep.equal({ scaled: 42, greeting: "hello 2", digest: "ca978112" });
    expect(job.progress).to.deep.equal({ fraction: 0.5, note: "half way" });
    const failed = await journey.reaches(await journey.submit("inline", { value: -1 }), "failed");
    expect(failed.attempts).to.equal(1);
    expect(failed.error).to.include({ name: "Error", message: "negative" });
    const [frame] = (failed.error as { frames: string[] }).frames;
    expect(frame).to.match(/^handle \(test\/journeys\/jobs\/handlers\.test\.ts:\d+:\d+\)$/);
  });

  it("says at the worker's start that a package is missing", async () => {
    const lines = () => events("worker-not-started").filter(({ jobType }) => jobType === "lacking");
    await until(() => lines().length > 0);
    expect(lines()[0]!.error.message).to.match(/needs packages that can't be loaded in this image: "no-such-package"/);
  });

  it("says at the worker's start that a command is missing", async () => {
    const lines = () => events("worker-not-started").filter(({ jobType }) => jobType === "absent");
    await until(() => lines().length > 0);
    expect(lines()[0]!.error.message).to.include('There is no command "no-such-command" in the image');
  });

  it("runs a command", async () => {
    const sh = `echo progress 0.5 half; echo '{"id": "'$JOB_ID'", "attempt": '$JOB_ATTEMPT'}'`;
    const id = await journey.submit("tool", { sh });
    const job = await journey.reaches(id, "succeeded");
    expect(job.result).to.deep.equal({ id, attempt: 1 });
    expect(job.progress).to.deep.equal({ fraction: 0.5, note: "half" });
  });

  it("lets a command reject its job, with its reason on the dead letter", async () => {
    const id = await journey.submit("tool", { sh: "echo not a picture >&2; exit 3" });
    const job = await journey.reaches(id, "failed");
    expect(job).to.deep.include({ attempts: 1, error: { name: "Rejected", message: "not a picture" } });
    const letter = await receive(journey.sqs, journey.outputs.deadLetterQueueUrls.tool!);
    expect(letter.MessageAttributes!.reason!.StringValue).to.equal("Rejected: not a picture");
  });

  it("lets a command give its job back, which counts no attempt", async () => {
    const tries = join(folder, "tries");
    const sh = `echo try >> '${tries}'; test $(wc -l < '${tries}') -ge 3 || exit 4; echo '{"attempt": '$JOB_ATTEMPT'}'`;
    const job = await journey.reaches(await journey.submit("tool", { sh }), "succeeded");
    expect(readFileSync(tries, "utf8")).to.equal("try\ntry\ntry\n");
    expect(job).to.deep.include({ attempts: 1, result: { attempt: 1 } });
  });

  it("tries again what a command fails at, and says why", async () => {
    const job = await journey.reaches(await journey.submit("tool", { sh: "echo oh no >&2; exit 9" }), "failed");
    expect(job).to.deep.include({
      attempts: 2,
      error: {
        name: "CommandFailed",
        message: "The command ended with exit code 9; on standard error: oh no",
      },
    });
  });

  it("kills a command and all it started when its time is up", async () => {
    const pidFile = join(folder, "hasty pid");
    const sh = `trap '' TERM; echo $$ > '${pidFile}'; while :; do sleep 1; done`;
    const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0);
    let job;
    // On a busy machine its time may be up before it has begun.
    do job = await journey.reaches(await journey.submit("hasty", { sh }), "failed");
    while (pid() === 0);
    expect(job.error).to.have.property("name", "TimeoutError");
    await until(() => !isRunning(pid()));
  });

  it("survives the worker's death in the middle of a command, which dies with it", async () => {
    const pidFile = join(folder, "pids");
    const sh = `echo $$ >> '${pidFile}'; test $(wc -l < '${pidFile}') = 2 || sleep 60; echo '"done"'`;
    const id = await journey.submit("tool", { sh });
    const pids = () => {
      try {
        return readFileSync(pidFile, "utf8").split("\n").filter(Boolean).map(Number);
      } catch {
        return [];
      }
    };
    await until(() => pids().length > 0);
    await killWorkerOf(journey, id);
    await until(() => !isRunning(pids()[0]!));
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: "done" });
    await sleep(100);
    expect(pids()).to.have.length(2);
  });
});
