import { createReadStream, mkdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, parse, relative } from "node:path";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Command, InvalidArgumentError } from "commander";
import { bringUp, type RunningStack } from "../cli/local/bringUp";
import { count } from "../cli/optionValues";
import { ProgressBars } from "../cli/output/progressBars";
import { paint, type Styled } from "../cli/output/styled";
import { err, out, printJson } from "../cli/output/terminal";
import { reportFailure } from "../cli/reportFailure";
import { type Job, JobClient } from "../client/index";
import { type OwnOutputs, ownStack } from "./demoStack";
import { chooseFiles, type DemoFile } from "./files";
import { type DemoJob, renderJobs } from "./table";

interface DemoOptions {
  stack: string;
  out: string;
  width: number;
  timeout: number;
  json?: boolean;
}

async function main(): Promise<void> {
  const command = new Command("npm run demo --")
    .description("Brings the stack up on this machine, runs a job per file and handler, and shows what came of them.")
    .argument("[files...]", "texts and pictures (default: the repository's own)")
    .option("--stack <name>", "whose Pulumi.<name>.yaml to use", "dev")
    .option("--out <folder>", "where thumbnails go", "out")
    .option("--width <pixels>", "of the thumbnails", pixels, 320)
    .option("--timeout <seconds>", "how long all jobs may take", count, 120)
    .option("--json", "print one JSON object in place of bars and table")
    .parse();
  const options = command.opts<DemoOptions>();
  const files = chooseFiles(command.args);
  const say = options.json ? () => undefined : (content: Styled) => out.line(content);
  const running = await bringUp({
    ...ownStack(),
    stack: options.stack,
    log: ({ source, name, line }) => {
      if (source === "cloud") err.line(`${name} ${line}`);
    },
  });
  const up = `The stack ${options.stack} is up in ${running.seconds.toFixed(1)} s: ${String(running.outputs.url)}`;
  say([paint.green("✔"), " ", up]);
  try {
    const start = performance.now();
    const jobs = await runJobs(running, files, options);
    report(jobs, { ran: (performance.now() - start) / 1_000, stack: running.seconds }, options);
  } finally {
    await running.cloud.stop();
  }
}

async function runJobs(running: RunningStack, files: DemoFile[], options: DemoOptions): Promise<DemoJob[]> {
  const { endpoint, region, credentials } = running.cloud;
  const outputs = running.outputs as unknown as OwnOutputs;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const jobs = files.flatMap((file) => jobsOf(file, outputs.dataBucket, options));
  const known = jobs.filter(({ type }) => type in outputs.queueUrls);
  if (known.length === 0) throw new Error(`Stack ${options.stack} has no job type for these files`);
  try {
    await Promise.all(
      files.map(async ({ key, path }) => {
        const Body = createReadStream(path);
        const ContentLength = statSync(path).size;
        await s3.send(new PutObjectCommand({ Bucket: outputs.dataBucket, Key: key, Body, ContentLength }));
      }),
    );
    await run(new JobClient({ url: outputs.url }), known, options);
    await saveThumbnails(s3, known, options.out);
    return known;
  } finally {
    s3.destroy();
  }
}

/** Submits the jobs, and waits until all have ended, with their progress on a terminal. */
async function run(client: JobClient, jobs: DemoJob[], { json, timeout }: DemoOptions): Promise<void> {
  const ids: string[] = [];
  for (const { type, payload } of jobs) ids.push((await client.submit(type, payload)).id);
  const bars = new ProgressBars(!json, ids);
  const wait = async (job: DemoJob, index: number) => {
    const options = { timeoutSeconds: timeout, onProgress: (view: Job) => bars.show(view) };
    const ended = await client.wait(ids[index]!, options).catch((error: Error) => {
      throw new Error(`${job.type} of ${job.file}: ${error.message}`, { cause: error });
    });
    job.view = ended as DemoJob["view"];
  };
  await Promise.all(jobs.map(wait)).finally(() => bars.stop());
}

function jobsOf(file: DemoFile, bucket: string, options: DemoOptions): DemoJob[] {
  const input = `s3://${bucket}/${file.key}`;
  const output = `s3://${bucket}/thumbnails/${parse(file.key).name}-${options.width}.webp`;
  return file.jobTypes.map((type) => ({
    type,
    file: file.name,
    payload: type === "thumbnail" ? { input, output, width: options.width } : { input },
  }));
}

async function saveThumbnails(s3: S3Client, jobs: DemoJob[], folder: string): Promise<void> {
  for (const { view } of jobs) {
    const output = view?.result?.output;
    const location = typeof output === "string" && /^s3:\/\/([^/]+)\/(.+)$/s.exec(output);
    if (!location) continue;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: location[1], Key: location[2] }));
    mkdirSync(folder, { recursive: true });
    const path = join(folder, parse(location[2]!).base);
    await writeFile(path, await Body!.transformToByteArray());
    view!.result!.output = relative(process.cwd(), path);
  }
}

function report(jobs: DemoJob[], seconds: { ran: number; stack: number }, options: DemoOptions): void {
  const failures = jobs.filter(({ view }) => view?.state !== "succeeded");
  const [ran, stackSeconds] = [seconds.ran, seconds.stack].map((time) => Number(time.toFixed(3)));
  const counts = { submitted: jobs.length, succeeded: jobs.length - failures.length, failed: failures.length };
  if (options.json) {
    const results = jobs.map(({ type, file, view }) => ({ type, file, ...view }));
    printJson({ ...counts, seconds: ran, stackSeconds, jobs: results }, "line");
  } else {
    out.line(renderJobs(jobs));
    const outcome = failures.length === 0 ? paint.green("✔ All succeeded") : paint.red(`✖ ${failures.length} failed`);
    out.line([outcome, `: ${jobs.length} jobs in ${ran} s`]);
  }
  for (const { type, file, view } of failures) {
    err.line([paint.red("✖"), ` ${type} of ${file}: ${view?.error?.message ?? view?.state ?? "not submitted"}`]);
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function pixels(text: string): number {
  const width = Number(text);
  if (!/^\d+$/.test(text) || width < 1 || width > 4_096) throw new InvalidArgumentError("Expected 1 to 4096 pixels.");
  return width;
}

main().catch((error: unknown) => process.exit(reportFailure(error)));
