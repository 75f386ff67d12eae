import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";
import { isRunning, rejection, until } from "../support";

const loader = require.resolve("../../support/loader.cjs");

describe("a crash of the local cloud", () => {
  it("leaves no process and no open port behind, be it by SIGKILL or SIGTERM", async () => {
    await Promise.all([crash("SIGKILL"), crash("SIGTERM")]);
  });

  it("leaves no folder behind where its process ends without stopping it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exit-"));
    try {
      const cloud = JSON.stringify(join(packageRoot(), "local-cloud", "cloud"));
      const code = `require(${cloud}).startCloud({ workerMain: "none" }).then(() => {
  console.log(require("node:fs").readdirSync(process.env.TMPDIR).join(" "));
  process.exit();
});`;
      const args = ["-r", loader, "-e", code];
      const env = { ...process.env, TMPDIR: folder };
      const stdout = execFileSync(process.execPath, args, { env, encoding: "utf8" });
      expect(stdout).to.include("batch-job-processor-");
      expect(readdirSync(folder).filter((name) => name.startsWith("batch-job-processor-"))).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function crash(signal: NodeJS.Signals): Promise<void> {
  const script = spawn(process.execPath, ["-r", loader, join(__dirname, "crashing.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: script.stdout }), "line")) as [string];
  const { pids, ports } = JSON.parse(line) as { pids: number[]; ports: string[] };
  expect(pids).to.have.length(2);
  expect(pids.every(isRunning)).to.equal(true);
  script.kill(signal);
  await until(() => !pids.some(isRunning));
  for (const port of ports) expect((await rejection(fetch(port))).message).to.equal("fetch failed");
}
