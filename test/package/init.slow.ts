import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect } from "chai";
import { packInto } from "../support/installing";

const run = promisify(execFile);

describe("a project of one's own, from the packed package alone", () => {
  let folder: string;
  let project: string;

  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "own project ")));
    project = join(folder, "my app");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is written and installed by init, which says what to type next", async () => {
    const tarball = join(folder, packInto(folder));
    const args = ["--yes", "--package", tarball, "batch-job-processor", "init", "my app"];
    const { stdout } = await run("npx", args, { cwd: folder, maxBuffer: 64e6 });
    expect(stdout).to.include("cd 'my app'\n").and.to.include("npm test").and.to.include("npm start");
    rmSync(tarball);
  });

  it("passes its tests, types included", async () => {
    const { stdout } = await run("npm", ["test"], { cwd: project, maxBuffer: 64e6 });
    expect(stdout)
      .to.match(/^# pass [1-9]/m)
      .and.to.match(/^# fail 0$/m);
  });

  it("runs whole in a test of its own", async () => {
    const script = `
const { startLocal } = require("batch-job-processor/testing");
startLocal().then(async ({ client, outputs, url, stop }) => {
  const { result } = await client.wait(await client.submit("greet", { name: "Ada" }));
  await stop();
  console.log(JSON.stringify({ result, isUrl: outputs.url === url }));
});`;
    const { stdout } = await run(process.execPath, ["-e", script], { cwd: project });
    expect(JSON.parse(stdout)).to.deep.equal({ result: { text: "Hello Ada" }, isUrl: true });
    const failing = `require("batch-job-processor/testing").startLocal({ stack: "none" }).catch((e) => console.log(e.message))`;
    const failed = await run(process.execPath, ["-e", failing], { cwd: project });
    expect(failed.stdout).to.include("Pulumi.none.yaml");
  });

  it("runs its jobs on this machine", async () => {
    const command = join(project, "node_modules", ".bin", "batch-jobs");
    const local = spawn(command, ["local", "--json"], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(local, "exit");
    try {
      const [line] = (await once(createInterface(local.stdout), "line")) as [string];
      const { url: BATCH_JOBS_URL } = JSON.parse(line) as { url: string };
      const submit = async (type: string, payload: unknown) => {
        const args = ["submit", type, JSON.stringify(payload), "--wait", "--json"];
        const { stdout } = await run(command, args, { cwd: project, env: { ...process.env, BATCH_JOBS_URL } });
        return JSON.parse(stdout) as object;
      };
      expect(await submit("greet", { name: "Ada" })).to.deep.include({ result: { text: "Hello Ada" } });
      const refusal = await submit("greet", { name: "" }).catch(({ stderr }: { stderr: string }) => stderr);
      expect(refusal).to.include("/payload/name");
      if (spawnSync("python3", ["--version"]).status !== 0) {
        console.error("There is no python3 on this machine, so the Python job is NOT run: install Python 3.");
        return;
      }
      const numbers = [1, 2, 6];
      expect(await submit("statistics", { numbers })).to.deep.include({ result: { mean: 3, median: 2 } });
    } finally {
      local.kill("SIGINT");
      await ended;
    }
  });
});
