import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { workerImageFolder } from "../../../components/aws/workerImageFolder";
import { bootFiles, bootSettings, renderUserData, type UserDataArgs } from "../../../components/boot/userData";
import { readEnvironment } from "../../../contract/environmentFile";
import { leavingExitCode, wedged } from "../../../contract/fleet/state";

const args: UserDataArgs = {
  type: "word-count",
  launchHook: "worker-ready",
  image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker@sha256:abc",
  region: "eu-central-1",
  logGroup: "jobs-logs",
  environment: { B: "two words $HOME `id` 'quoted' \"twice\" a=b", A: "1" },
  stopTimeoutSeconds: 105,
};

const boot = join(workerImageFolder(), "boot");
const fileNamed = (name: string) => readFileSync(join(boot, name), "utf8");

describe("userData", () => {
  it("carries the environment unchanged, whatever a shell would make of it", () => {
    expect(readEnvironment(renderUserData(args))).to.deep.equal(args.environment);
  });

  it("refuses a value of several lines, which could end the heredoc", () => {
    const environment = { A: "1\nENVIRONMENT\nreboot" };
    expect(() => renderUserData({ ...args, environment })).to.throw("Expected the environment variable A as a text");
  });

  it("brings every file of the folder, but for comments and empty lines", () => {
    expect(readdirSync(boot).sort()).to.deep.equal(
      [...bootFiles.scripts, ...bootFiles.storeScripts, ...bootFiles.units].sort(),
    );
    const script = renderUserData({ ...args, instanceStore: true });
    for (const name of readdirSync(boot)) {
      const lines = fileNamed(name).split("\n");
      const text = lines.filter((line) => line !== "" && !/^\s*#(?!!)/.test(line)).join("\n");
      expect(script).to.include(`'\n${text}\n`);
      expect(lines).not.to.include.members(["SCRIPT"]).and.not.to.include.members(["UNIT"]);
    }
  });

  it("starts the worker again after a failure, up to a limit that gives the instance up", () => {
    const unit = fileNamed("batch-job-worker.service");
    expect(unit).to.match(/^Restart=always$/m);
    expect(unit).to.match(/^StartLimitBurst=6$/m);
    expect(unit).to.match(/^StartLimitIntervalSec=900$/m);
    expect(unit).to.match(/^OnFailure=batch-job-worker-failed.service$/m);
    expect(fileNamed("batch-job-worker-failed.service")).to.match(/^ExecStart=\/etc\/batch-job-worker\/give-up\.sh$/m);
    // All six starts, with the pauses between them, fall into the interval: else the limit would never be met.
    expect(6 * Number(/RestartSec=(\d+)/.exec(unit)![1])).to.be.lessThan(900);
  });

  it("starts no second worker after one that ends with its instance, and counts no failure", () => {
    const unit = fileNamed("batch-job-worker.service");
    expect(unit).to.match(new RegExp(`^RestartPreventExitStatus=${leavingExitCode}$`, "m"));
    expect(unit).to.match(new RegExp(`^SuccessExitStatus=${leavingExitCode}$`, "m"));
    // The container is gone by then.
    expect(renderUserData(args)).to.include("ExecStop=-/usr/bin/docker stop");
  });

  it("stops the worker with time for its drain", () => {
    const script = renderUserData({ ...args, stopTimeoutSeconds: 104.5 });
    expect(script).to.include("\nExecStop=-/usr/bin/docker stop -t 105 batch-job-worker\nTimeoutStopSec=135\n");
    expect(bootSettings(args)).to.include("STOP_SECONDS='105'");
    expect(fileNamed("run.sh")).to.include('--stop-timeout "$STOP_SECONDS"');
  });

  it("counts the ends for which a handler is to blame as the worker means them", () => {
    const script = fileNamed("stopped.sh");
    expect(script).to.include(`== ${wedged.exitCode} `).and.to.include(`>= ${wedged.mostExits})`);
    expect(script).to.include(`- ${wedged.withinSeconds})`);
  });

  it("has the worker's health watched if it serves it", () => {
    const port = /WORKER_HEALTH_PORT=(\d+)/.exec(fileNamed("run.sh"))![1];
    expect(fileNamed("watch.sh")).to.include(`http://127.0.0.1:\${WORKER_HEALTH_PORT:-${port}}/healthz`);
    expect(renderUserData(args)).to.include(
      "enable --now --no-block batch-job-worker.service batch-job-worker-watch.timer",
    );
    expect(readEnvironment(renderUserData(args))).not.to.have.property("WORKER_HEALTH_PORT");
  });

  it("gives the instance up when the script itself fails, as early as it can", () => {
    const lines = renderUserData(args).split("\n");
    expect(lines[1]).to.equal("set -euo pipefail");
    const trap = lines.findIndex((line) => line.startsWith("trap '/etc/batch-job-worker/give-up.sh"));
    expect(trap).to.be.greaterThan(lines.indexOf("cat > /etc/batch-job-worker/give-up.sh <<'SCRIPT'"));
    expect(trap).to.be.lessThan(lines.indexOf("cat > /etc/batch-job-worker/environment <<'ENVIRONMENT'"));
  });

  it("is the same text for the same settings, whatever their order", () => {
    const { A, B } = args.environment as { A: string; B: string };
    expect(renderUserData({ ...args, environment: { A, B } })).to.equal(renderUserData(args));
  });

  it("fits EC2's 16 KB, and says so when the environment is too large for it", () => {
    expect(renderUserData(args).length).to.be.lessThan(12_000);
    const environment = { LARGE: "x".repeat(16_000) };
    expect(() => renderUserData({ ...args, environment })).to.throw(/at most 16384 bytes, got \d+/);
  });

  it("is valid bash, and so are the scripts it writes", () => {
    for (const text of [renderUserData(args), ...[...bootFiles.scripts, ...bootFiles.storeScripts].map(fileNamed)]) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      expect(stderr).to.equal("");
      expect(status).to.equal(0);
    }
  });

  it("hands its scripts settings that a shell reads as they are", () => {
    const odd = { ...args, image: "registry.example/it's:$(id)", type: "a b" };
    const script = `${bootSettings(odd)}\nprintf '%s|' "$TYPE" "$IMAGE" "$REGION" "$LOG_GROUP" "$LAUNCH_HOOK" "$ECR_REGION"`;
    const { stdout } = spawnSync("bash", ["-u"], { input: script, encoding: "utf8" });
    expect(stdout).to.equal(`a b|${odd.image}|eu-central-1|jobs-logs|worker-ready||`);
  });

  it("brings the instance store's script, and has it mounted, with instanceStore alone", () => {
    expect(renderUserData(args))
      .not.to.include("> /etc/batch-job-worker/disks.sh")
      .and.not.to.include("\nINSTANCE_STORE=");
    const script = renderUserData({ ...args, instanceStore: true });
    expect(script).to.include("cat > /etc/batch-job-worker/disks.sh <<").and.to.include("\nINSTANCE_STORE='1'\n");
  });

  it("calls the endpoints of its partition", () => {
    const domains = ["eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"].map(
      (region) => /DOMAIN='(.*)'/.exec(bootSettings({ ...args, region }))![1],
    );
    expect(domains).to.deep.equal(["amazonaws.com", "amazonaws.com.cn", "amazonaws.com", "amazonaws.eu"]);
  });

  it("signs in to a private ECR of any name, and to no other registry", () => {
    const account = "123456789012";
    const regions = {
      [`${account}.dkr.ecr.eu-central-1.amazonaws.com/worker@sha256:abc`]: "eu-central-1",
      [`${account}.dkr.ecr-fips.us-east-1.amazonaws.com/a/b:1`]: "us-east-1",
      [`${account}.dkr.ecr.cn-north-1.amazonaws.com.cn/worker`]: "cn-north-1",
      [`${account}.dkr.ecr.eusc-de-east-1.amazonaws.eu/worker`]: "eusc-de-east-1",
      [`${account}.dkr-ecr.us-west-2.on.aws/worker:1`]: "us-west-2",
      [`${account}.dkr-ecr-fips.us-west-2.on.aws/worker:1`]: "us-west-2",
      "public.ecr.aws/x/worker:1": "",
      "ghcr.io/x/worker:1": "",
      [`evil.example/${account}.dkr.ecr.eu-central-1.amazonaws.com/worker`]: "",
    };
    for (const [image, region] of Object.entries(regions)) {
      expect(bootSettings({ ...args, image }), image).to.include(`\nECR_REGION='${region}'`);
    }
  });

  it("reads nothing from another script", () => {
    expect(() => readEnvironment("#!/bin/bash\n")).to.throw(/Expected user data/);
  });
});
