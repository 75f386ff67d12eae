import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { bootScripts, healthPort } from "../../components/bootScripts";
import { bootUnits } from "../../components/bootUnits";
import { readEnvironment, renderUserData, UserDataArgs } from "../../components/userData";

const args: UserDataArgs = {
  type: "word-count",
  launchHook: "worker-ready",
  image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker@sha256:abc",
  region: "eu-central-1",
  logGroup: "jobs-logs",
  environment: { B: "two words $HOME `id` 'quoted' \"twice\" a=b", A: "1" },
  stopTimeoutSeconds: 105,
};

const unitArgs = { ...args, environmentFile: "/etc/batch-job-worker/environment" };

describe("userData", () => {
  it("carries the environment unchanged, whatever a shell would make of it", () => {
    expect(readEnvironment(renderUserData(args))).to.deep.equal(args.environment);
  });

  it("refuses a value of several lines, which could end the heredoc", () => {
    const environment = { A: "1\nENVIRONMENT\nreboot" };
    expect(() => renderUserData({ ...args, environment })).to.throw("Expected the environment variable A as a text");
  });

  it("starts the worker again after a failure, up to a limit that gives the instance up", () => {
    const { [`batch-job-worker.service`]: unit, ["batch-job-worker-failed.service"]: failed } = bootUnits(unitArgs);
    expect(unit).to.match(/^Restart=always$/m);
    expect(unit).to.match(/^StartLimitBurst=6$/m);
    expect(unit).to.match(/^StartLimitIntervalSec=900$/m);
    expect(unit).to.match(/^OnFailure=batch-job-worker-failed.service$/m);
    expect(failed).to.match(/^ExecStart=\/etc\/batch-job-worker\/give-up$/m);
    // All six starts, with the pauses between them, fall into the interval: else the limit would never be met.
    expect(6 * Number(/RestartSec=(\d+)/.exec(unit!)![1])).to.be.lessThan(900);
  });

  it("stops the worker with time for its drain", () => {
    const { ["batch-job-worker.service"]: unit } = bootUnits(unitArgs);
    expect(unit).to.include("--stop-timeout 105").and.to.include("docker stop --time 105");
    expect(unit).to.match(/^TimeoutStopSec=135$/m);
  });

  it("gives the container two folders on the disk, emptied before it, and bounds on memory and processes", () => {
    const { ["batch-job-worker.service"]: unit } = bootUnits(unitArgs);
    expect(unit).to.include("--read-only").and.not.to.include("--tmpfs");
    expect(unit).to.include("--volume /var/lib/batch-job-worker/scratch:/scratch");
    expect(unit).to.include("--volume /var/lib/batch-job-worker/tmp:/tmp --env WORKER_SCRATCH_DIR=/scratch");
    expect(unit).to.include("--memory @MEMORY@m --memory-swap @MEMORY@m --pids-limit 4096");
    const before = unit!.indexOf("ExecStartPre=/etc/batch-job-worker/scratch");
    expect(before).to.be.within(0, unit!.indexOf("ExecStart=/usr/bin/docker run"));
    const script = renderUserData(args);
    expect(script).to.match(/sed -i "s\/@MEMORY@\/\$memory\/g" \S+batch-job-worker\.service\n/);
  });

  it("is started again at once after a crash, and gives the instance up where a handler can't be killed", () => {
    const { ["batch-job-worker.service"]: unit } = bootUnits(unitArgs);
    expect(unit)
      .to.match(/^RestartSec=1$/m)
      .and.to.match(/^ExecStopPost=\/etc\/batch-job-worker\/stopped$/m);
    expect(bootScripts(args).stopped).to.include("== 75").and.to.include(">= 3").and.to.include("- 600");
  });

  it("has the worker watched where it says how it is", () => {
    const units = bootUnits(unitArgs);
    expect(units["batch-job-worker.service"]).to.include(`--env WORKER_HEALTH_PORT=${healthPort}`);
    expect(bootScripts(args).watch).to.include(`http://127.0.0.1:\${WORKER_HEALTH_PORT:-${healthPort}}/healthz`);
    expect(units["batch-job-worker-watch.timer"]).to.match(/^OnUnitInactiveSec=15$/m);
    expect(renderUserData(args)).to.include(
      "enable --now --no-block batch-job-worker.service batch-job-worker-watch.timer",
    );
    expect(readEnvironment(renderUserData(args))).not.to.have.property("WORKER_HEALTH_PORT");
  });

  it("gives the instance up when it fails itself, from the moment that it can", () => {
    const lines = renderUserData(args).split("\n");
    expect(lines[1]).to.equal("set -euo pipefail");
    const trap = lines.findIndex((line) => line.startsWith("trap '/etc/batch-job-worker/give-up"));
    expect(trap).to.be.greaterThan(lines.indexOf("cat > /etc/batch-job-worker/give-up <<'SCRIPT'"));
    expect(trap).to.be.lessThan(lines.indexOf("cat > /etc/batch-job-worker/environment <<'ENVIRONMENT'"));
  });

  it("is the same text for the same settings, whatever their order", () => {
    const { A, B } = args.environment as { A: string; B: string };
    expect(renderUserData({ ...args, environment: { A, B } })).to.equal(renderUserData(args));
  });

  it("fits EC2's 16 KB, and says so when the environment is too large for it", () => {
    expect(renderUserData(args).length).to.be.lessThan(16_384 / 2);
    const environment = { LARGE: "x".repeat(16_000) };
    expect(() => renderUserData({ ...args, environment })).to.throw(/at most 16384 bytes, got \d+/);
  });

  it("is valid bash, and so are the scripts it writes", () => {
    for (const text of [renderUserData(args), ...Object.values(bootScripts(args))]) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      expect(stderr).to.equal("");
      expect(status).to.equal(0);
    }
  });

  it("writes the scripts and units as they are", () => {
    const script = renderUserData(args);
    for (const text of [...Object.values(bootScripts(args)), ...Object.values(bootUnits(unitArgs))]) {
      expect(script).to.include(`'\n${text}\n`);
      expect(text.split("\n")).not.to.include.members(["SCRIPT"]).and.not.to.include.members(["UNIT"]);
    }
  });

  it("calls the endpoints of its partition", () => {
    const { aws } = bootScripts({ ...args, region: "cn-north-1" });
    expect(aws).to.include("https://autoscaling.cn-north-1.amazonaws.com.cn/");
    expect(bootScripts(args).aws).to.include("https://logs.eu-central-1.amazonaws.com/");
  });

  it("signs in to a private ECR, and to no other registry", () => {
    expect(renderUserData(args)).to.include("https://api.ecr.eu-central-1.amazonaws.com/");
    expect(renderUserData(args)).to.include("docker login --username AWS --password-stdin");
    expect(renderUserData({ ...args, image: "public.example/worker:1" })).not.to.include("docker login");
  });

  it("reads nothing from another script", () => {
    expect(() => readEnvironment("#!/bin/bash\n")).to.throw(/Expected user data/);
  });
});
