import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { until } from "../../local-cloud/support";
import { testSeeds } from "../../support/seed";
import { createRandom } from "../support/chaos/chaos";
import { createHandlers } from "../support/stack";

const loader = require.resolve("../../support/loader.cjs");
const Bucket = "objects";

describe("a run with --data that is killed", () => {
  const folder = mkdtempSync(join(tmpdir(), "killed "));
  const handlers = createHandlers({ echo: "await sleep(20); return job.payload;" });
  after(() => {
    handlers.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a run, in a process of its own. */
  async function start() {
    const args = ["-r", loader, join(__dirname, "..", "support", "keptRun.ts"), folder, handlers.workerMain];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { url, ...settings } = JSON.parse(line) as { url: string } & S3ClientConfig;
    const s3 = new S3Client({ ...settings, forcePathStyle: true, maxAttempts: 1 });
    const kill = async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      s3.destroy();
    };
    return { url, s3, kill };
  }

  it("loses no accepted job, no record and no object, whenever that happens", async () => {
    const jobs = new Map<string, number>();
    const objects = new Map<string, Buffer>();
    for (const seed of testSeeds(5)) {
      const random = createRandom(seed);
      const { url, s3, kill } = await start();
      let isOver = false;
      /** Without an answer it may be there, or not. */
      const again = async (act: () => Promise<void>) => {
        while (!isOver) await act().catch(() => undefined);
      };
      const submit = async () => {
        const payload = Math.floor(random() * 1e9);
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ type: "echo", payload });
        const response = await fetch(`${url}/jobs`, { method: "POST", headers, body });
        if (response.status === 202) jobs.set(((await response.json()) as { id: string }).id, payload);
      };
      const upload = async () => {
        const [Key, Body] = [`${seed}/${objects.size}`, randomBytes(Math.floor(random() * 300_000))];
        await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
        objects.set(Key, Body);
      };
      const clients = [again(submit), again(submit), again(submit), again(upload)];
      const before_ = jobs.size;
      await until(() => jobs.size >= before_ + 20);
      await sleep(random() * 1_000);
      await kill();
      isOver = true;
      await Promise.all(clients);
    }
    const { url, s3, kill } = await start();
    try {
      const client = new JobClient({ url });
      for (const [id, result] of jobs) expect(await client.wait(id)).to.include({ state: "succeeded", result });
      for (const [Key, body] of objects) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        expect(body.equals(await Body!.transformToByteArray())).to.equal(true);
      }
      for (const state of ["queued", "running"] as const) {
        // Those that were submitted without an answer.
        const { jobs: others } = await client.list({ type: "echo", state, limit: 100 });
        const later = state === "queued" ? ["queued", "running", "succeeded"] : ["running", "succeeded"];
        for (const { id } of others) expect((await client.get(id)).state).to.be.oneOf(later);
        expect(others.filter(({ id }) => jobs.has(id))).to.deep.equal([]);
      }
    } finally {
      await kill();
    }
  });
});
