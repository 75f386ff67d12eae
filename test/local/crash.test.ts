import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isRunning, rejection, until } from "./support";

describe("a crash of the local cloud", () => {
  it("leaves no process and no open port behind, be it by SIGKILL or SIGTERM", async () => {
    await Promise.all([crash("SIGKILL"), crash("SIGTERM")]);
  });
});

async function crash(signal: NodeJS.Signals): Promise<void> {
  const script = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", join(__dirname, "crashing.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: script.stdout }), "line")) as [string];
  const { pids, ports } = JSON.parse(line) as { pids: number[]; ports: string[] };
  expect(pids).to.have.length(2);
  expect(pids.every(isRunning)).to.equal(true);
  script.kill(signal);
  await until(() => !pids.some(isRunning), 3);
  for (const port of ports) expect((await rejection(fetch(port))).message).to.equal("fetch failed");
}
