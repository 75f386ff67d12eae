import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect } from "chai";
import { listen, type Listener } from "../../contract/http/listen";
import { isFinal } from "../../contract/records/record";
import { buildWorker } from "./helpers/build";
import { createJobWorld, type JobWorld } from "./helpers/jobWorld";
import { WorkerProcess } from "./helpers/workerProcess";

const sizes = [20_000_000, 300_000_000] as const;

/** Further memory for 280 MB more. A worker that held them would take all of it, and one that held half, 140. */
const maxGrowthMegabytes = 70;

/** The bytes of an object, of which no two pieces are alike. Nothing holds more than one. */
function* contentOf(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(65_536);
  for (let at = 0; at < bytes; at += piece.length) {
    piece.writeUInt32LE(at / piece.length);
    yield Buffer.from(piece.subarray(0, Math.min(piece.length, bytes - at)));
  }
}

/** Reads its file piece by piece, and says what its process has taken at most. */
const streaming = `
const { createHash } = require("node:crypto");
const { createReadStream, readFileSync } = require("node:fs");
module.exports = async (job) => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(job.payloadFile)) hash.update(chunk);
  const peak = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  return { sha256: hash.digest("hex"), peak };
};`;

const summing = 'printf \'{"sha256": "%s"}\' "$(sha256sum < "$JOB_PAYLOAD_FILE" | cut -c1-64)"';

describe("A payload that is a file", () => {
  let world: JobWorld;
  let objects: Listener;
  let folder: string;

  before(buildWorker);
  before(async () => {
    world = await createJobWorld();
    folder = mkdtempSync(path.join(tmpdir(), "file-payloads-"));
    writeFileSync(path.join(folder, "streaming.cjs"), streaming);
    // As much of S3 as a download needs.
    const answer: RequestListener = ({ url = "" }, response) => {
      const bytes = sizes.find((size) => url.includes(digests[size]!))!;
      response.writeHead(200, { "content-length": bytes, "content-type": "application/octet-stream" });
      pipeline(Readable.from(contentOf(bytes)), response).catch(() => response.destroy());
    };
    objects = await listen(answer, 0, "the objects");
  });
  after(async () => {
    await objects?.close();
    await world?.close();
    rmSync(folder, { recursive: true });
  });

  const digests: Record<number, string> = {};
  before(() => {
    for (const size of sizes) {
      const hash = createHash("sha256");
      for (const piece of contentOf(size)) hash.update(piece);
      digests[size] = hash.digest("hex");
    }
  });

  /** Peaks of the resident set of the worker and of its handler, in MB, with one job of the size. */
  async function peaksOf(kind: object, bytes: number): Promise<{ worker: number; handler: number }> {
    const fields = {
      type: "film",
      slots: 1,
      maxAttempts: 1,
      payloads: "file",
      largeValues: "bucket",
      ...kind,
    } as const;
    const { settings, environment } = await world.createProcessor(fields);
    const worker = new WorkerProcess({ ...environment, AWS_ENDPOINT_URL_S3: objects.address });
    try {
      const sha256 = digests[bytes]!;
      const id = await world.submit(settings, undefined, { payloadRef: { bytes, sha256, days: 42 } });
      const record = await world.recordThat(id, ({ state }) => isFinal(state));
      expect(record, JSON.stringify(record)).to.include({ state: "succeeded", attempts: 1 });
      const result = record.result as { sha256: string; peak?: number };
      expect(result.sha256).to.equal(sha256);
      const status = readFileSync(`/proc/${worker.pid}/status`, "utf8");
      return { worker: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024, handler: result.peak ?? 0 };
    } finally {
      worker.kill("SIGKILL");
      await worker.exited;
    }
  }

  for (const [name, kind] of [
    ["a handler", () => ({ handler: path.join(folder, "streaming.cjs") })],
    ["a command", () => ({ handler: undefined, command: ["sh", "-c", summing] })],
  ] as const) {
    it(`is streamed to ${name}: 300 MB take the memory of 20 MB`, async function () {
      if (process.platform !== "linux") this.skip();
      const [small, large] = [await peaksOf(kind(), sizes[0]), await peaksOf(kind(), sizes[1])];
      console.log(
        `      ${JSON.stringify({ small, large }, (_key, value: unknown) => (typeof value === "number" ? Math.round(value) : value))}`,
      );
      expect(large.worker - small.worker).to.be.below(maxGrowthMegabytes);
      expect(large.handler - small.handler).to.be.below(maxGrowthMegabytes);
    });
  }
});
