import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { isRunning, rejection, startTestCloud, type TestCloud, until } from "../support";

const worker = `
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => { if (process.env.VALUE !== "stubborn") { console.log("drained"); process.exit(); } });
console.log(JSON.stringify({ id: process.env.WORKER_ID, value: process.env.VALUE, endpoint: process.env.AWS_ENDPOINT_URL }));
setInterval(() => {}, 1000);`;

describe("local groups", () => {
  const folder = mkdtempSync(join(tmpdir(), "worker "));
  const workerMain = join(folder, "main.js");
  let test: TestCloud;
  beforeEach(async () => {
    writeFileSync(workerMain, worker);
    test = await startTestCloud({ workerMain, stopGraceSeconds: 0.3 });
  });
  afterEach(() => test.stop());
  after(() => rmSync(folder, { recursive: true }));

  function up(value: string, desiredCapacity = 2) {
    const script = `#!/bin/bash\ncat > /etc/batch-job-worker/environment <<'ENVIRONMENT'\nVALUE=${value}\nENVIRONMENT\n`;
    return test.up(() => {
      const userData = Buffer.from(script).toString("base64");
      const template = new aws.ec2.LaunchTemplate("template", { userData });
      const launchTemplate = { id: template.id, version: template.latestVersion.apply(String) };
      const group = new aws.autoscaling.Group("group", { minSize: 1, maxSize: 3, desiredCapacity, launchTemplate });
      return { name: group.name };
    });
  }

  const said = (word: string) => test.logs.filter(({ source, line }) => source === "worker" && line.includes(word));

  it("runs the workers with what the user data carries, and drains them at the end", async () => {
    await test.stop();
    test = await startTestCloud({ workerMain });
    const { name } = await up("a=b c");
    await until(() => said("endpoint").length === 2);
    const [first] = said("endpoint").map(({ line }) => JSON.parse(line) as Record<string, string>);
    expect(first).to.include({ value: "a=b c", endpoint: test.cloud.endpoint });
    expect(first!.id).to.match(/^i-[0-9a-f]{17}$/);
    const group = test.cloud.groups.find(String(name))!;
    const pids = group.instances.map(({ pid }) => pid!);
    await test.cloud.stop();
    expect(said("drained")).to.have.length(2);
    expect(pids.filter(isRunning)).to.deep.equal([]);
  });

  it("gives the workers a test's variables in place of what the user data carries", async () => {
    await test.stop();
    test = await startTestCloud({ workerMain, stopGraceSeconds: 0.3, workerEnvironment: { VALUE: "the test's" } });
    await up("the program's", 1);
    await until(() => said("endpoint").length === 1);
    expect(JSON.parse(said("endpoint")[0]!.line)).to.include({ value: "the test's" });
  });

  it("replaces a worker that dies, and follows the desired capacity", async () => {
    const group = test.cloud.groups.find(String((await up("x", 1)).name))!;
    await until(() => said("endpoint").length === 1);
    const [victim] = group.instances;
    victim!.kill();
    await until(() => group.instances.length === 1 && group.instances[0] !== victim);
    group.setDesiredCapacity(3);
    expect(group.instances).to.have.length(3);
    expect(() => group.setDesiredCapacity(4)).to.throw(/above max value 3/);
    await until(() => said("endpoint").length >= 4);
    group.setDesiredCapacity(1);
    await until(() => group.instances.length === 1);
  });

  it("starts a worker that crashed again on its instance, and gives the instance up after six times", async () => {
    const group = test.cloud.groups.find(String((await up("crashing", 1)).name))!;
    const [instance] = group.instances;
    const killed: number[] = [];
    while (killed.length < 6) {
      await until(() => instance!.lifecycleState === "InService" && !killed.includes(instance!.pid!));
      expect(group.instances).to.deep.equal([instance]);
      killed.push(instance!.pid!);
      process.kill(instance!.pid!, "SIGKILL");
    }
    await until(() => group.instances.length === 1 && group.instances[0] !== instance);
  });

  it("ends a worker that ignores the signal", async () => {
    const group = test.cloud.groups.find(String((await up("stubborn", 1)).name))!;
    await until(() => said("endpoint").length === 1);
    const pid = group.instances[0]!.pid!;
    await test.cloud.stop();
    expect(isRunning(pid)).to.equal(false);
  });

  it("says how to build a worker that is missing", async () => {
    rmSync(workerMain);
    expect((await rejection(up("x"))).message).to.contain("npm run build");
  });
});
