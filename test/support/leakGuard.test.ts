import { spawn } from "node:child_process";
import { once } from "node:events";
import { Worker as Thread } from "node:worker_threads";
import { expect } from "chai";
import { active, leftOver } from "./leakGuard";

describe("The leak guard", () => {
  it("reports timers, threads and processes that are left, and none that have ended", async () => {
    // Mocha's own timer for this test starts only once the test waits.
    await new Promise((resolve) => setImmediate(resolve));
    const before = active();
    const timer = setTimeout(() => {}, 60_000);
    expect(await leftOver(before, 100)).to.deep.equal(["Timeout"]);
    clearTimeout(timer);
    const thread = new Thread("setInterval(() => {}, 1000)", { eval: true });
    thread.on("message", () => {});
    await once(thread, "online");
    expect((await leftOver(before, 100)).length).to.be.greaterThan(0);
    await thread.terminate();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const exited = once(child, "exit");
    expect(await leftOver(before, 100)).to.include("ProcessWrap");
    child.kill("SIGKILL");
    await exited;
    expect(await leftOver(before)).to.deep.equal([]);
  });
});
