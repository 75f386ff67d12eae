import { expect } from "chai";
import { spawnSync } from "node:child_process";
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

/** The text between a heredoc's opening line and its delimiter. */
function heredoc(script: string, delimiter: string): string {
  const [, text] = script.split(`<<'${delimiter}'\n`);
  return text!.split(`\n${delimiter}\n`)[0]!;
}

describe("userData", () => {
  it("carries the environment unchanged, whatever a shell would make of it", () => {
    expect(readEnvironment(renderUserData(args))).to.deep.equal(args.environment);
  });

  it("refuses a value of several lines, which could end the heredoc", () => {
    const environment = { A: "1\nENVIRONMENT\nreboot" };
    expect(() => renderUserData({ ...args, environment })).to.throw("Expected the environment variable A as a text");
  });

  it("never gives up on starting the worker", () => {
    const unit = heredoc(renderUserData(args), "UNIT");
    expect(unit).to.match(/^Restart=always$/m);
    expect(unit).to.match(/^StartLimitIntervalSec=0$/m);
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

  it("is valid bash, and so is the script it writes", () => {
    const script = renderUserData(args);
    for (const text of [script, heredoc(script, "PULL")]) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      expect(stderr).to.equal("");
      expect(status).to.equal(0);
    }
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
