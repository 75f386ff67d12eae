import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A worker that does nothing but run until it is told to end, in place of the package's own. */
export function createIdleWorker(): { workerMain: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "worker "));
  const workerMain = join(folder, "main.js");
  writeFileSync(
    workerMain,
    `process.on("SIGUSR2", () => process.exit(Number(process.env.VALUE)));
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
console.log(JSON.stringify({ id: process.env.WORKER_ID, value: process.env.VALUE, metadata: process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT }));
if (process.env.VALUE === "crash") process.exit(3);
setInterval(() => {}, 1000);`,
  );
  return { workerMain, remove: () => rmSync(folder, { recursive: true }) };
}
