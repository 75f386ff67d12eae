import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CommandRunner } from "../../../worker-image/src/handlers/commands/commandRunner";
import { JobFolders } from "../../../worker-image/src/handlers/jobFolders";
import { type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { loopDevices } from "../../shell/support/loopDevices";
import { until } from "../../support/until";
import { FakeLog } from "../helpers/doubles";
import { createRunnerParts } from "../helpers/runnerParts";

/** A disk of 24 MiB, which needs the right to mount one. */
describe("A full disk", () => {
  let folder: string;
  let device: string | undefined;
  const disk = () => join(folder, "disk");

  before(function () {
    folder = mkdtempSync(join(tmpdir(), "full-disk-"));
    mkdirSync(disk());
    [device] = loopDevices(folder, 1, 24) ?? [];
    if (!device || spawnSync("mkfs.ext4", ["-q", "-m", "0", device]).status !== 0) return this.skip();
    if (spawnSync("mount", [device, disk()]).status !== 0) this.skip();
  });
  after(() => {
    spawnSync("umount", [disk()]);
    if (device) spawnSync("losetup", ["--detach", device]);
    rmSync(folder, { recursive: true });
  });

  it("fails the jobs that need room, with both figures, and the next one finds all that they took", async () => {
    const file = (name: string) => join(folder, name);
    const command = [
      "sh",
      "-c",
      `case $JOB_ID in
         greedy) dd if=/dev/zero of=fill bs=1M 2>/dev/null; touch ${file("full")}; while [ ! -e ${file("go")} ]; do sleep 0.02; done; dd if=/dev/zero of=more bs=1M count=1 ;;
         *) dd if=/dev/zero of=part bs=1M count=10 ;;
       esac`,
    ];
    const folders = new JobFolders(disk(), new FakeLog().log);
    const parts = { ...createRunnerParts(), folders, command, environment: process.env, timeoutSeconds: 60 };
    const runner = new CommandRunner(parts);
    await runner.start();
    const run = (id: string) => {
      const job = { id, type: "a", payload: 1, attempt: 1, submittedAt: "" };
      return runner.run(job, new AbortController().signal, { traceparent: "", onProgress() {}, onLog() {} });
    };
    const errorOf = (outcome: RunOutcome) => {
      if (outcome.kind !== "failed") throw new Error(`Expected a failure, got ${outcome.kind}`);
      expect(outcome.isPermanent).to.equal(false);
      return outcome.error;
    };
    const greedy = run("greedy");
    await until(() => existsSync(file("full")));
    const modest = errorOf(await run("modest"));
    expect(modest.name).to.equal("OutOfDisk");
    expect(modest.message).to.match(/^The scratch disk is full: 0\.02 of 0\.02 GB, 0\.00 GB of them this attempt's \(/);
    writeFileSync(file("go"), "");
    const error = errorOf(await greedy);
    expect(error.name).to.equal("OutOfDisk");
    expect(error.message).to.match(/^The scratch disk is full: 0\.02 of 0\.02 GB, 0\.02 GB of them this attempt's \(/);
    expect((await run("next")).kind).to.equal("succeeded");
    const [own] = readdirSync(disk()).filter((name) => name.startsWith("batch-job-worker-"));
    expect(readdirSync(join(disk(), own!))).to.deep.equal([]);
    await runner.close();
  });
});
